"""The labels by which Slipway finds its objects again."""

from __future__ import annotations

import copy

from slipway.kube.objects import Obj

MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "slipway.dev/component"
#: Selects every object that Slipway applied.
SELECTOR = f"{MANAGED_BY}=slipway"

_TEMPLATES = {"Deployment", "StatefulSet", "DaemonSet", "Job"}


def label(obj: Obj, component: str) -> Obj:
    """A copy with Slipway's labels; pod templates get the component's, so that its pods are found.

    Namespaces carry no component: several components may bring the same one.
    """
    labelled = copy.deepcopy(obj)
    own = (obj.get("metadata") or {}).get("labels") or {}
    labels = {MANAGED_BY: "slipway", PART_OF: own.get(PART_OF, "slipway")}
    if obj.get("kind") != "Namespace":
        labels[COMPONENT] = component
    _add(labelled, labels)
    template = (labelled.get("spec") or {}).get("template") if labelled.get("kind") in _TEMPLATES else None
    if isinstance(template, dict):
        _add(template, {COMPONENT: component})
    return labelled


def _add(obj: Obj, labels: dict[str, str]) -> None:
    meta = obj.get("metadata") or {}
    meta["labels"] = {**(meta.get("labels") or {}), **labels}
    obj["metadata"] = meta
