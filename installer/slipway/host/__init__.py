"""The machine that Slipway runs on: its programs, packages, files. Knows nothing of Kubernetes."""
