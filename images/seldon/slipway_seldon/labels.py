"""The labels that objects are found by."""

from __future__ import annotations

#: Every object of a SeldonDeployment carries it.
ID = "seldon-deployment-id"


def container_label(container: str) -> str:
    """The label's key that selects the Pods with a unit's container; a key's name has at most 63 characters."""
    return f"seldon-app-svc-{container}"[:63].rstrip("-")
