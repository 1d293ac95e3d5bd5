"""Starts Seldon's Python microservice the way its s2i images do, and ends it in time."""
