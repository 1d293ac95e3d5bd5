"""Deleting objects, waiting until they are gone, and what blocks their end."""
