"""The namespace of Slipway's own records."""

from __future__ import annotations

from slipway.kube import Obj
from slipway.render.labels import MANAGED_BY

NAMESPACE = "slipway-system"


def namespace_object() -> Obj:
    """The Namespace itself."""
    labels = {MANAGED_BY: "slipway", "app.kubernetes.io/part-of": "slipway"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
