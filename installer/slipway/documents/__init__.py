"""YAML texts and their faults, before anything knows what they mean."""
