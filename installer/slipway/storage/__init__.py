"""Volumes of an installed platform: what cannot be changed in place, and moving them as planned."""
