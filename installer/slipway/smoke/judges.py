"""When an object of a run is done, or has failed: functions of the object, by its kind."""

from __future__ import annotations

from slipway.kube import Obj
from slipway.waiting.objects import Seen


def conditions(obj: Obj) -> dict[str, Obj]:
    """The conditions that hold, by type."""
    listed = (obj.get("status") or {}).get("conditions") or []
    return {item["type"]: item for item in listed if item.get("status") == "True"}


def by_condition(obj: Obj, done: str, failed: str) -> Seen:
    """Judge by two condition types."""
    held = conditions(obj)
    if failed in held:
        return Seen("failed", failed=_reason(held[failed]))
    last = next(reversed(held), "waiting for its controller")
    return Seen(last.lower(), done=done in held)


def job(obj: Obj) -> Seen:
    """A batch/v1 Job."""
    seen = by_condition(obj, "Complete", "Failed")
    if seen.done or seen.failed:
        return seen
    return Seen("its Pod runs" if (obj.get("status") or {}).get("ready") else "its Pod starts")


def training(obj: Obj) -> Seen:
    """A TFJob or PyTorchJob."""
    seen = by_condition(obj, "Succeeded", "Failed")
    if seen.done or seen.failed:
        return seen
    counts = (obj.get("status") or {}).get("replicaStatuses") or {}
    active = [f"{role.lower()} {state['active']}" for role, state in sorted(counts.items()) if state.get("active")]
    return Seen(f"{seen.text}: {', '.join(active)}" if active else seen.text)


def experiment(obj: Obj) -> Seen:
    """A Katib Experiment; the reason of success is not told apart: the trials are read afterwards."""
    status = obj.get("status") or {}
    seen = by_condition(obj, "Succeeded", "Failed")
    if seen.done or seen.failed:
        return seen
    wanted = obj["spec"].get("maxTrialCount", "?")
    return Seen(f"{status.get('trialsSucceeded', 0)} of {wanted} trials done, {status.get('trialsRunning', 0)} running")


def workflow(obj: Obj) -> Seen:
    """An Argo Workflow."""
    status = obj.get("status") or {}
    phase = status.get("phase") or "not seen by its controller yet"
    if phase in ("Failed", "Error"):
        return Seen(phase, failed=f"{phase}: {status.get('message') or _node_message(status)}")
    return Seen(phase.lower(), done=phase == "Succeeded")


def seldon(obj: Obj) -> Seen:
    """A SeldonDeployment. `Creating` and the absence of a state are waited for; `Failed` is not."""
    status = obj.get("status") or {}
    if status.get("state") == "Failed":
        return Seen("failed", failed=status.get("description") or "its state is Failed")
    return Seen(
        (status.get("state") or "not seen by its controller yet").lower(), done=status.get("state") == "Available"
    )


def _reason(condition: Obj) -> str:
    return f"{condition.get('reason') or condition['type']}: {condition.get('message', '')}".rstrip(": ")


def _node_message(status: Obj) -> str:
    nodes = (status.get("nodes") or {}).values()
    return next((str(node["message"]) for node in nodes if node.get("message")), "no message")
