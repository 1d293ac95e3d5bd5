"""Uninstalling: what goes, what stays, and in which order."""
