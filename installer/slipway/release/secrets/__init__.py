"""Secrets that an installation generates, certificates that end, and those that users bring."""
