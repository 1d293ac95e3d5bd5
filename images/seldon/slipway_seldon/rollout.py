"""What a Deployment's own status says of it. Source: the Deployment controller's conditions."""

from __future__ import annotations

from slipway_controller.reader import Obj


def condition(deployment: Obj, kind: str) -> Obj:
    """The condition of that type, {} when there is none."""
    found: list[Obj] = (deployment.get("status") or {}).get("conditions") or []
    return next((c for c in found if c.get("type") == kind), {})


def available(deployment: Obj) -> bool:
    """All replicas that are asked for answer, be it partly in the previous version."""
    return bool(condition(deployment, "Available").get("status") == "True")


def complete(deployment: Obj) -> bool:
    """The present version runs with all replicas, and no Pod of an older one is left."""
    status = deployment.get("status") or {}
    wanted = (deployment.get("spec") or {}).get("replicas", 1)
    seen = status.get("observedGeneration", 0) >= (deployment.get("metadata") or {}).get("generation", 1)
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    return bool(seen and counts == [wanted] * 3)


def stalled(deployment: Obj) -> bool:
    """The progress deadline is over."""
    status, meta = deployment.get("status") or {}, deployment.get("metadata") or {}
    current = status.get("observedGeneration", 0) >= meta.get("generation", 1)
    return bool(current and condition(deployment, "Progressing").get("status") == "False")
