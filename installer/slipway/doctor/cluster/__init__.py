"""Checks of a cluster, one file each: ``run`` gathers, functions of values judge."""
