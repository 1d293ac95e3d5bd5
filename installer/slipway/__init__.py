"""Slipway: a machine-learning platform on Kubernetes with one command."""

__version__ = "0.1.0"
