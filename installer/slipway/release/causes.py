"""From pods and events to sentences: why something is not ready, and what to do. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from slipway.kube import Obj


@dataclass(frozen=True)
class Cause:
    """One thing that holds a pod up; ``container`` is set where its log may tell more."""

    pod: str
    namespace: str
    text: str
    remedy: str = ""
    container: str = ""
    previous: bool = False


#: Reason of a waiting container → remedy.
WAITING = {
    "ErrImagePull": "make the image: slipway images build (slipway images list --built shows which are there)",
    "ImagePullBackOff": "make the image: slipway images build (slipway images list --built shows which are there)",
    "ErrImageNeverPull": "make the image: slipway images build",
    "InvalidImageName": "correct the image's name",
    "CreateContainerConfigError": "a Secret or ConfigMap that the pod names is missing or lacks a key",
    "CreateContainerError": "the container runtime refuses the container: slipway cluster status shows its log",
    "RunContainerError": "the command does not start: see the message",
    "CrashLoopBackOff": "the process ends at once: its last log lines say why",
}

_SCHEDULING = (
    (r"Insufficient cpu", "too few CPUs are free: set smaller requests, or add a machine"),
    (r"Insufficient memory", "too little memory is free: set smaller requests, or add a machine"),
    (r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim .* not found",
     "a claim is not bound: slipway status storage, kubectl get pvc -A"),
    (r"untolerated taint", "no node tolerates it: is the node Ready? slipway cluster status"),
    (r"node\(s\) didn't match", "no node has the labels that the pod asks for"),
)  # fmt: skip

_EVENTS = (
    (
        r"FailedMount|FailedAttachVolume",
        "the volume cannot be mounted: is the NFS server running? slipway cluster status",
    ),
    (r"FailedCreatePodSandBox", "the pod's network or sandbox cannot be made: slipway doctor"),
    (r"FailedCreate", "the controller may not create the pod: see the message"),
    (r"ProvisioningFailed", "the volume cannot be made: see the message"),
)


def causes_of_pod(pod: Obj) -> Iterator[Cause]:
    """What holds one pod up, the most telling first."""
    meta, status = pod["metadata"], pod.get("status") or {}
    name, namespace = meta["name"], meta.get("namespace", "")
    for entry in status.get("conditions") or []:
        if entry.get("type") == "PodScheduled" and entry.get("status") == "False":
            text = entry.get("message") or entry.get("reason") or "not scheduled"
            remedy = next((remedy for pattern, remedy in _SCHEDULING if re.search(pattern, text)), "")
            yield Cause(name, namespace, f"cannot be scheduled: {text}", remedy)
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
        yield Cause(pod, namespace, f"container {name} was killed: out of memory", "raise its memory limit", name, True)
    elif reason and reason not in ("ContainerCreating", "PodInitializing"):
        text = f"container {name}: {reason}: {waiting.get('message', '')}".rstrip(": ")
        crashed = reason == "CrashLoopBackOff"
        yield Cause(pod, namespace, text, WAITING.get(reason, ""), name if crashed else "", crashed)
    elif ended and ended.get("exitCode", 0) != 0:
        text = f"container {name} ended with code {ended['exitCode']}"
        yield Cause(pod, namespace, text, "its last log lines say why", name)
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
        known = (hint for pattern, hint in _EVENTS if re.search(pattern, str(event.get("reason", ""))))
        remedy = remedy or next(known, "")
    return lines[-limit:], remedy


def _first(message: object) -> str:
    text = str(message or "").strip()
    return text.splitlines()[0][:300] if text else ""
