"""Why something does not get on: events, states of containers, last lines of logs."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref

#: Reasons of waiting containers that do not go away by waiting.
HOPELESS = {"ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"}
#: These are retried; they are hopeless once the kubelet has backed off.
BACKED_OFF = {"ImagePullBackOff", "CrashLoopBackOff"}
LINES = 12
EVENTS = 8


def stuck(kube: Client, namespace: str, selector: str) -> str:
    """Why a Pod can never start; empty when all may."""
    for pod in kube.objects("v1", "Pod", namespace, labels=selector):
        for state in container_states(pod):
            waiting = (state.get("state") or {}).get("waiting") or {}
            if waiting.get("reason") in HOPELESS | BACKED_OFF:
                name = f"{pod['metadata']['name']}/{state['name']}"
                return f"container {name}: {waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
    return ""


def details(kube: Client, ref: Ref, selector: str) -> tuple[str, ...]:
    """Lines for a failure: conditions and warnings of the object, and of its Pods, with their last log lines."""
    try:
        pods = kube.objects("v1", "Pod", ref.namespace, labels=selector)
        obj = kube.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        subjects = {item["metadata"]["uid"] for item in [*pods, *([obj] if obj else [])]}
        lines = [*_conditions(obj or {}), *_events(kube, ref.namespace, subjects)]
        for pod in pods:
            lines += _pod(kube, pod)
    except SlipwayError as error:
        return (f"(no more is known: {error.what})",)
    return tuple(lines)


def container_states(pod: Obj) -> list[Obj]:
    """The states of all containers of a Pod."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _conditions(obj: Obj) -> Iterator[str]:
    status = obj.get("status") or {}
    for condition in (status.get("conditions") or [])[-3:]:
        yield f"{condition.get('type')}={condition.get('status')}: {condition.get('message', '')}".rstrip(": ")
    for key in ("message", "description"):
        if status.get(key):
            yield str(status[key])


def _events(kube: Client, namespace: str, subjects: set[str]) -> list[str]:
    """The last warnings; by uid, because a former run's objects had the same names."""
    found = [
        event
        for event in kube.objects("v1", "Event", namespace, fields="type=Warning")
        if (event.get("involvedObject") or {}).get("uid") in subjects
    ]
    found.sort(key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
    return [
        f"event {event['involvedObject']['name']}: {event.get('reason')}: {event.get('message', '').strip()}"
        for event in found[-EVENTS:]
    ]


def _pod(kube: Client, pod: Obj) -> Iterator[str]:
    name = _name(pod)
    phase = (pod.get("status") or {}).get("phase", "Unknown")
    yield f"pod {name}: {phase} {(pod.get('status') or {}).get('message', '')}".rstrip()
    for state in container_states(pod):
        now = state.get("state") or {}
        ended = now.get("terminated") or {}
        if ended.get("exitCode") == 0 or "waiting" in now:
            continue
        if ended:
            yield f"  {state['name']}: {ended.get('reason')}, exit code {ended.get('exitCode')}"
        text = kube.logs(pod["metadata"]["namespace"], name, state["name"], tail=LINES)
        yield from (f"  {state['name']}: {line}" for line in text.splitlines())


def _name(pod: Obj) -> str:
    return str(pod["metadata"]["name"])
