"""Why a model's Pods are not there yet, from their own status, for the model's description. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from slipway_controller.reader import Obj

#: Waiting for these is the way of things.
_USUAL = ("ContainerCreating", "PodInitializing")


def causes(pods: Iterable[Obj], limit: int = 3) -> tuple[str, ...]:
    """A sentence for each different cause, at most ``limit``; Pods that are going do not count."""
    found = dict.fromkeys(
        sentence
        for pod in sorted(pods, key=lambda p: str(p["metadata"].get("creationTimestamp")), reverse=True)
        if not pod["metadata"].get("deletionTimestamp")
        for sentence in _of(pod.get("status") or {})
    )
    return tuple(found)[:limit]


def _of(status: Obj) -> Iterator[str]:
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            yield _sentence("A Pod finds no node", condition)
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        name, waiting = container.get("name"), (container.get("state") or {}).get("waiting") or {}
        ended = (container.get("lastState") or {}).get("terminated") or (container.get("state") or {}).get("terminated")
        if waiting and waiting.get("reason") not in _USUAL:
            yield _sentence(f"Container {name} waits", waiting)
        if ended and not container.get("ready"):
            said = f": {str(ended['message']).strip().rstrip('.')}." if ended.get("message") else "."
            yield f"Container {name} has ended with exit code {ended.get('exitCode')} ({ended.get('reason')}){said}"


def _sentence(head: str, what: Obj) -> str:
    reason = str(what.get("message") or what.get("reason") or "no reason given").strip()
    return f"{head}: {reason.rstrip('.')}."
