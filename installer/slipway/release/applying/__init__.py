"""Carrying out a plan, component by component."""
