"""Nodes as the other checks look at them."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.kube import Obj

KEEPS_OUT = ("NoSchedule", "NoExecute")


def condition(node: Obj, kind: str) -> Obj:
    """A condition of the node, {} when it has none of this type."""
    conditions = (each for each in (node.get("status") or {}).get("conditions") or [] if each.get("type") == kind)
    return next(conditions, {})


def ready(node: Obj) -> bool:
    """Whether the kubelet says so."""
    return bool(condition(node, "Ready").get("status") == "True")


def takes_pods(node: Obj) -> bool:
    """Whether ordinary pods come to this node."""
    spec = node.get("spec") or {}
    tainted = any(taint.get("effect") in KEEPS_OUT for taint in spec.get("taints") or [])
    return ready(node) and not spec.get("unschedulable") and not tainted


def name(node: Obj) -> str:
    """Its name."""
    return str(node["metadata"]["name"])


def usable(nodes: Iterable[Obj]) -> list[str]:
    """Names of those that take pods."""
    return sorted(name(node) for node in nodes if takes_pods(node))
