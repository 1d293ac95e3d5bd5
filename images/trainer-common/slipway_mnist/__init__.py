"""Handwritten digits as IDX files: where they come from, how they are read, and how results are told.

Shared by the trainer images; needs numpy and the standard library only.
"""
