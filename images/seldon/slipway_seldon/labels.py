"""The labels that objects are found by."""

from __future__ import annotations

#: Every object of a SeldonDeployment carries it.
ID = "seldon-deployment-id"
#: The types of units that have a label.
LABELLED = ("MODEL", "ROUTER", "COMBINER", "TRANSFORMER", "OUTPUT_TRANSFORMER")


def container_label(container: str) -> str:
    """The label's key that selects the Pods with a unit's container; a key's name has at most 63 characters."""
    return f"seldon-app-svc-{container}"[:63].rstrip("-")


def type_label(kind: str) -> str:
    """The label of Pods and Services with a unit of a type, as upstream's operator has it."""
    return f"seldon.io/{kind.lower().replace('_', '-')}"
