"""Conditions as Katib writes them: a changed one moves to the end, an unchanged one (status and reason) stays as it is.

``kubectl get`` prints the last condition, so the order is part of the API.
"""

from __future__ import annotations

from slipway_katib.names import Obj

TRUE, FALSE = "True", "False"


def find(status: Obj, kind: str) -> Obj | None:
    """The condition of a type, if any."""
    return next((c for c in status.get("conditions") or [] if c.get("type") == kind), None)


def holds(status: Obj, *kinds: str) -> bool:
    """True when a condition of one of the types has status True."""
    return any((find(status, kind) or {}).get("status") == TRUE for kind in kinds)


def remove(status: Obj, *kinds: str) -> None:
    """Drop the conditions of these types."""
    status["conditions"] = [c for c in status.get("conditions") or [] if c.get("type") not in kinds]


def put(status: Obj, kind: str, value: str, reason: str, message: str, now: str) -> None:
    """Set a condition; ``now`` is an RFC 3339 time in UTC."""
    current = find(status, kind)
    if current and current.get("status") == value and current.get("reason") == reason:
        return
    transition = current.get("lastTransitionTime", now) if current and current.get("status") == value else now
    remove(status, kind)
    status["conditions"].append(
        {
            "type": kind,
            "status": value,
            "reason": reason,
            "message": message,
            "lastUpdateTime": now,
            "lastTransitionTime": transition,
        }
    )


def stop_running(status: Obj, now: str) -> None:
    """Running becomes False, with the reason and message that it had."""
    if running := find(status, "Running"):
        put(status, "Running", FALSE, running.get("reason", ""), running.get("message", ""), now)


def finish(status: Obj, kind: str, reason: str, message: str, now: str) -> None:
    """A terminal condition: Running becomes False first, so that the terminal one is the last."""
    stop_running(status, now)
    put(status, kind, TRUE, reason, message, now)
    status["completionTime"] = now


def begin(status: Obj, reason: str, message: str, now: str) -> None:
    """Created, with the start time."""
    status.setdefault("startTime", now)
    status.setdefault("completionTime", None)
    put(status, "Created", TRUE, reason, message, now)
