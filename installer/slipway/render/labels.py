"""The labels by which Slipway finds its objects again."""

from __future__ import annotations

from slipway.kube.objects import Obj

MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "slipway.dev/component"
#: On what Slipway has taken over: the UID of the object that was there before.
ADOPTED = "slipway.dev/adopted"
#: Selects every object that Slipway applied.
SELECTOR = f"{MANAGED_BY}=slipway"

_TEMPLATES = {"Deployment", "StatefulSet", "DaemonSet", "Job"}


def label(obj: Obj, component: str) -> Obj:
    """A copy with Slipway's labels; pod templates get the component's, so that its pods are found.

    Namespaces carry no component: several components may bring the same one.
    """
    own = (obj.get("metadata") or {}).get("labels") or {}
    labels = {MANAGED_BY: "slipway", PART_OF: own.get(PART_OF, "slipway")}
    if obj.get("kind") != "Namespace":
        labels[COMPONENT] = component
    labelled = _with(obj, labels)
    spec = obj.get("spec") or {}
    template = spec.get("template") if obj.get("kind") in _TEMPLATES else None
    if isinstance(template, dict):
        labelled["spec"] = {**spec, "template": _with(template, {COMPONENT: component})}
    return labelled


def _with(obj: Obj, labels: dict[str, str]) -> Obj:
    """A copy of all that changes: nobody writes into the rest."""
    meta = obj.get("metadata") or {}
    return {**obj, "metadata": {**meta, "labels": {**(meta.get("labels") or {}), **labels}}}
