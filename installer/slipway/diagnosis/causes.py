"""From pods and events to sentences: why something is not ready, and what to do. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from slipway.diagnosis import remedies
from slipway.kube import Obj

#: A longer message is cut; what a Pod Security level wants takes about 500 characters.
LONGEST = 600


#: Reasons of a waiting container that no waiting ends.
HOPELESS = frozenset({"ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"})
#: These are tried again; whoever has a Pod of his own gives up once the kubelet has backed off.
BACKED_OFF = frozenset({"ImagePullBackOff", "CrashLoopBackOff"})
#: The first failure already, where nobody wants to wait for another one.
AT_ONCE = HOPELESS | BACKED_OFF | {"ErrImagePull"}


@dataclass(frozen=True)
class Cause:
    """One thing that holds a pod up; ``container`` is set where its log may tell more."""

    pod: str
    namespace: str
    text: str
    remedy: str = ""
    container: str = ""
    previous: bool = False


def container_states(pod: Obj) -> list[Obj]:
    """The statuses of all containers of a Pod, in the order in which they run."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def stuck(pod: Obj, reasons: Collection[str] = HOPELESS | BACKED_OFF) -> str:
    """``container main: ErrImageNeverPull: …`` of a Pod that can never start; "" while it may."""
    for state in container_states(pod):
        waiting = (state.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in reasons:
            name = f"{pod['metadata']['name']}/{state['name']}"
            return f"container {name}: {waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
    return ""


def state(pod: Obj) -> str:
    """Where a Pod is, and why, in a few words."""
    status = pod.get("status") or {}
    for container in container_states(pod):
        for value in (container.get("state") or {}).values():
            # Of an init container that has done its work there is nothing to say.
            if value.get("reason") and value.get("exitCode") != 0:
                return f"{value['reason']}: {value.get('message', '')}".rstrip(": ")
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") != "True":
            return str(condition.get("message") or "not scheduled")
    return str(status.get("message") or status.get("phase") or "not scheduled")


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
    elif status.get("phase") == "Failed" and status.get("reason"):
        yield Cause(name, namespace, f"failed: {status['reason']}: {status.get('message', '')}".rstrip(": "))
    statuses = container_states(pod)
    unseen = not (statuses or status.get("conditions") or (pod.get("spec") or {}).get("nodeName"))
    if unseen and status.get("phase") == "Pending":
        text = "no scheduler has taken it up yet"
        yield Cause(name, namespace, text, "does kube-scheduler run? slipway cluster status")
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
        if crashed and "exitCode" in last:
            text += f"; its process ended with code {last['exitCode']}"
        remedy = remedies.of_container(reason, str(waiting.get("message", "")), str(status.get("image", "")))
        yield Cause(pod, namespace, text, remedy, name if crashed else "", crashed)
    elif ended and ended.get("exitCode", 0) != 0:
        text = f"container {name} ended with code {ended['exitCode']}"
        known = remedies.of_container(str(ended.get("reason", "")), "")
        yield Cause(pod, namespace, text, known or "its last log lines say why", name)
    elif "running" in state and not status.get("ready"):
        again = f" (restarted {status['restartCount']} times)" if status.get("restartCount") else ""
        yield Cause(pod, namespace, f"container {name} runs and is not ready{again}", "", name)


#: Events that are no warnings, and say all the same what is waited for.
_TELLING = ("ExternalProvisioning",)


def sentences_of_events(events: Iterable[Obj], limit: int = 6) -> tuple[list[str], str]:
    """The warnings, newest last and each text once, and the first remedy that is known for one of them."""
    warnings = [event for event in events if event.get("type") == "Warning" or event.get("reason") in _TELLING]
    warnings.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    lines: list[str] = []
    remedy = ""
    for event in warnings:
        about = event.get("involvedObject") or {}
        what = f"{about.get('kind', '')} {about.get('name', '')}"
        line = f"{what}: {event.get('reason', '')}: {_first(plain(str(event.get('message') or '')))}"
        if line in lines:
            lines.remove(line)
        lines.append(line)
        remedy = remedy or remedies.of_event(str(event.get("reason", "")), str(event.get("message", "")))
    return lines[-limit:], remedy


def plain(message: str) -> str:
    """A message without what differs each time: the end of a generated pod's name, and that it came often."""
    text = message.removeprefix("(combined from similar events): ")
    return re.sub(r'(pods "[a-z0-9.-]*-)[a-z0-9]{5}"', r'\1…"', text)


def refusal(message: str) -> str:
    """What a refusal of a pod says, without what was to be made: ``exceeded quota: small, requested: pods=1``."""
    match = re.search(r'\bpods? "[^"]*" is (?:forbidden|invalid): (.*)', message, re.DOTALL)
    return match.group(1) if match else message


def short(text: str, most: int = 240) -> str:
    """The beginning of a long text."""
    return text if len(text) <= most else text[: most - 1] + "…"


def of_node(node: Obj) -> tuple[str, str]:
    """Why a node takes no pods, and what to do; two blanks for one that does."""
    for entry in (node.get("status") or {}).get("conditions") or []:
        if entry.get("type") == "Ready" and entry.get("status") != "True":
            text = str(entry.get("message") or entry.get("reason") or "its kubelet says nothing")
            return f"Node {node['metadata']['name']} is not Ready: {text}", remedies.of_node(text)
    return "", ""


def _first(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:LONGEST] if lines else ""
