"""All that may explain why an object does not get on: conditions, warnings, its Pods and their last log lines."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.diagnosis.causes import container_states, sentences_of_events
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref

LINES = 12
EVENTS = 8


def details(kube: Client, ref: Ref, selector: str = "") -> tuple[str, ...]:
    """Lines for a failure: conditions and warnings of the object, and of its Pods, with their last log lines.

    ``selector``: of the Pods; a Pod is its own. Never raises.
    """
    try:
        obj = kube.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        pods = kube.objects("v1", "Pod", ref.namespace, labels=selector) if selector else []
        pods = [obj] if obj and ref.kind == "Pod" else pods
        subjects = {item["metadata"]["uid"] for item in [*pods, *([obj] if obj else [])]}
        lines = [*_conditions(obj or {}), *_events(kube, ref.namespace, subjects)]
        for pod in pods:
            lines += _pod(kube, pod)
    except SlipwayError as error:
        return (f"(no more is known: {error.what})",)
    return tuple(lines)


def _conditions(obj: Obj) -> Iterator[str]:
    status = obj.get("status") or {}
    for condition in (status.get("conditions") or [])[-3:]:
        yield f"{condition.get('type')}={condition.get('status')}: {condition.get('message', '')}".rstrip(": ")
    for key in ("message", "description"):
        if status.get(key):
            yield str(status[key])


def _events(kube: Client, namespace: str, subjects: set[str]) -> list[str]:
    """The last warnings; by uid, because a former run's objects had the same names."""
    events = kube.objects("v1", "Event", namespace)
    about = [event for event in events if (event.get("involvedObject") or {}).get("uid") in subjects]
    return sentences_of_events(about, EVENTS)[0]


def _pod(kube: Client, pod: Obj) -> Iterator[str]:
    name = str(pod["metadata"]["name"])
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
