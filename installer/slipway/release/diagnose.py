"""Finding out why objects are not ready: their pods, events and last log lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.readiness import Verdict
from slipway.release.causes import Cause, causes_of_pod, sentences_of_events

LOG_LINES = 8
MOST_PODS = 4
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def explain(client: Client, component: str, open_ones: Mapping[Ref, Verdict], what: str) -> SlipwayError:
    """The error to raise for objects that did not become ready; never raises itself."""
    lines = [f"{ref}: {verdict.reason}" for ref, verdict in sorted(open_ones.items())]
    remedy = ""
    try:
        found, remedy = _look(client, open_ones)
        lines += found
    except SlipwayError as error:
        lines.append(f"(the cause cannot be looked up: {error.what})")
    return SlipwayError(what, f"component {component}", remedy, tuple(lines))


def witnesses(client: Client, refs: Iterable[Ref]) -> tuple[str, ...]:
    """What may explain a probe that failed though all is ready: Mappings not served, last log lines. Never raises."""
    lines: list[str] = []
    try:
        for ref in refs:
            if ref.kind == "Mapping":
                status = (client.get(ref.api_version, ref.kind, ref.name, ref.namespace) or {}).get("status") or {}
                if status.get("state") != "Running":
                    lines.append(f"{ref}: {status.get('state', 'no state')}: {status.get('reason', 'no reason given')}")
            elif ref.kind in WORKLOADS:
                for pod in _pods_of(client, ref)[:MOST_PODS]:
                    lines += _logs(client, pod)
    except SlipwayError as error:
        lines.append(f"(the cause cannot be looked up: {error.what})")
    return tuple(lines)


def _logs(client: Client, pod: Obj) -> list[str]:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    lines = []
    for container in pod["spec"]["containers"]:
        text = client.logs(namespace, name, container["name"], tail=LOG_LINES)
        lines.append(f"Pod {namespace}/{name}, container {container['name']}, its last lines:")
        lines += [f"    {line[:300]}" for line in text.splitlines()[-LOG_LINES:]] or ["    (nothing)"]
    return lines


def _look(client: Client, open_ones: Mapping[Ref, Verdict]) -> tuple[list[str], str]:
    lines: list[str] = []
    remedies: list[str] = []
    names = {(ref.namespace, ref.name) for ref in open_ones}
    for namespace in sorted({ref.namespace for ref in open_ones if ref.namespace}):
        pods = [pod for ref in open_ones if ref.namespace == namespace for pod in _pods_of(client, ref)]
        causes = [cause for pod in pods for cause in causes_of_pod(pod)]
        for cause in causes[:MOST_PODS]:
            lines.append(f"Pod {cause.pod}: {cause.text}")
            lines += _log(client, cause)
            remedies += [cause.remedy] if cause.remedy else []
        names |= {(namespace, pod["metadata"]["name"]) for pod in pods}
        events = client.objects("v1", "Event", namespace)
        about = [event for event in events if _concerns(event, names)]
        found, remedy = sentences_of_events(about)
        lines += found
        remedies += [remedy] if remedy else []
    return lines, remedies[0] if remedies else ""


def _pods_of(client: Client, ref: Ref) -> list[Obj]:
    """The pods of a workload, by its selector; a Pod is its own."""
    obj = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    if obj is None:
        return []
    if ref.kind == "Pod":
        return [obj]
    selector = (obj.get("spec") or {}).get("selector")
    labels = (selector.get("matchLabels") or {}) if isinstance(selector, dict) else {}
    if not labels:
        return []
    return client.objects("v1", "Pod", ref.namespace, labels=",".join(f"{k}={v}" for k, v in sorted(labels.items())))


def _concerns(event: Obj, names: Iterable[tuple[str, str]]) -> bool:
    """Whether an event is about one of the objects, or about a ReplicaSet of one (``name-<hash>``)."""
    about = event.get("involvedObject") or {}
    namespace, name = about.get("namespace", ""), about.get("name", "")
    if about.get("kind") == "ReplicaSet":
        name = name.rpartition("-")[0]
    return (namespace, name) in names


def _log(client: Client, cause: Cause) -> list[str]:
    if not cause.container:
        return []
    text = client.logs(cause.namespace, cause.pod, cause.container, tail=LOG_LINES, previous=cause.previous)
    return [f"    {line[:300]}" for line in text.splitlines()[-LOG_LINES:]]
