"""Slipway beside kubectl, Helm, helmfile and kapp: the same objects, the same API server."""
