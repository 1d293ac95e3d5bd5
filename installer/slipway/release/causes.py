"""From pods and events to sentences: why something is not ready, and what to do. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slipway.kube import Obj
from slipway.release import remedies


@dataclass(frozen=True)
class Cause:
    """One thing that holds a pod up; ``container`` is set where its log may tell more."""

    pod: str
    namespace: str
    text: str
    remedy: str = ""
    container: str = ""
    previous: bool = False


def causes_of_pod(pod: Obj) -> Iterator[Cause]:
    """What holds one pod up, the most telling first."""
    meta, status = pod["metadata"], pod.get("status") or {}
    name, namespace = meta["name"], meta.get("namespace", "")
    for entry in status.get("conditions") or []:
        if entry.get("type") == "PodScheduled" and entry.get("status") == "False":
            text = entry.get("message") or entry.get("reason") or "not scheduled"
            yield Cause(name, namespace, f"cannot be scheduled: {text}", remedies.of_scheduling(text))
    if status.get("reason") == "Evicted":
        text = f"was evicted: {status.get('message', '')}".rstrip(": ")
        yield Cause(name, namespace, text, remedies.of_container("Evicted", text))
    statuses = (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
    for container in statuses:
        yield from _causes_of_container(name, namespace, container)


def _causes_of_container(pod: str, namespace: str, status: Obj) -> Iterator[Cause]:
    name, state = status["name"], status.get("state") or {}
    last = (status.get("lastState") or {}).get("terminated") or {}
    waiting = state.get("waiting") or {}
    ended = state.get("terminated") or {}
    reason = waiting.get("reason", "")
    if last.get("reason") == "OOMKilled" or ended.get("reason") == "OOMKilled":
        text = f"container {name} was killed: out of memory"
        yield Cause(pod, namespace, text, remedies.of_container("OOMKilled", ""), name, True)
    elif reason and reason not in ("ContainerCreating", "PodInitializing"):
        text = f"container {name}: {reason}: {waiting.get('message', '')}".rstrip(": ")
        crashed = reason == "CrashLoopBackOff"
        remedy = remedies.of_container(reason, str(waiting.get("message", "")), str(status.get("image", "")))
        yield Cause(pod, namespace, text, remedy, name if crashed else "", crashed)
    elif ended and ended.get("exitCode", 0) != 0:
        text = f"container {name} ended with code {ended['exitCode']}"
        known = remedies.of_container(str(ended.get("reason", "")), "")
        yield Cause(pod, namespace, text, known or "its last log lines say why", name)
    elif "running" in state and not status.get("ready"):
        again = f" (restarted {status['restartCount']} times)" if status.get("restartCount") else ""
        yield Cause(pod, namespace, f"container {name} runs and is not ready{again}", "", name)


def sentences_of_events(events: Iterable[Obj], limit: int = 6) -> tuple[list[str], str]:
    """The warnings, newest last and each text once, and the first remedy that is known for one of them."""
    warnings = [event for event in events if event.get("type") == "Warning"]
    warnings.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    lines: list[str] = []
    remedy = ""
    for event in warnings:
        about = event.get("involvedObject") or {}
        what = f"{about.get('kind', '')} {about.get('name', '')}"
        line = f"{what}: {event.get('reason', '')}: {_first(event.get('message'))}"
        if line in lines:
            lines.remove(line)
        lines.append(line)
        remedy = remedy or remedies.of_event(str(event.get("reason", "")), str(event.get("message", "")))
    return lines[-limit:], remedy


def _first(message: object) -> str:
    text = str(message or "").strip()
    return text.splitlines()[0][:300] if text else ""
