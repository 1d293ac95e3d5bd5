"""Waiting until objects are ready, or the server takes what it refused for the moment."""
