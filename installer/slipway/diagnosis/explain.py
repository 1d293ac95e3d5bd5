"""Finding out why objects are not ready: their pods, events, nodes and last log lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from slipway.diagnosis import remedies
from slipway.diagnosis.causes import Cause, causes_of_pod, of_node, sentences_of_events, short
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, gateway_address

if TYPE_CHECKING:
    from slipway.readiness import Verdict

LOG_LINES = 8
MOST_PODS = 4
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass
class _Story:
    """``lines`` for the user, the causes among them in the order of their weight, and what to do about each."""

    lines: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)

    def add(self, line: str, remedy: str) -> None:
        """A cause, and its remedy when it is known."""
        self.lines.append(line)
        self.causes.append(line)
        self.remedies += [remedy] if remedy else []


def explain(client: Client, component: str, open_ones: Mapping[Ref, Verdict], what: str) -> SlipwayError:
    """The error to raise for objects that did not become ready; never raises itself."""
    story = _Story([f"{ref}: {verdict.reason}" for ref, verdict in sorted(open_ones.items())])
    try:
        _look(client, open_ones, story)
    except SlipwayError as error:
        story.lines.append(f"(the cause cannot be looked up: {error.what})")
    final = [f"{ref}: {verdict.reason}" for ref, verdict in sorted(open_ones.items()) if verdict.state == "failed"]
    cause = next(iter((*final, *story.causes, *story.lines)), "")
    text = f"{what}: {short(cause)}" if cause else what
    return SlipwayError(text, f"component {component}", next(iter(story.remedies), ""), tuple(story.lines))


def evidence(client: Client, refs: Iterable[Ref]) -> tuple[str, ...]:
    """What may explain a probe that failed though all is ready: Mappings not served, last log lines. Never raises.

    Where the component is behind the gateway, the gateway's lines, too.
    """
    lines: list[str] = []
    refs = tuple(refs)
    try:
        if any(ref.kind == "Mapping" for ref in refs):
            for pod in pods_behind(client, gateway_address.NAMESPACE, gateway_address.SERVICE)[:MOST_PODS]:
                lines += _logs(client, pod)
        for ref in refs:
            if ref.kind == "Mapping":
                status = (client.get(ref.api_version, ref.kind, ref.name, ref.namespace) or {}).get("status") or {}
                if status.get("state") != "Running":
                    lines.append(f"{ref}: {status.get('state', 'no state')}: {status.get('reason', 'no reason given')}")
            elif ref.kind in WORKLOADS:
                for pod in pods_of(client, ref)[:MOST_PODS]:
                    lines += _logs(client, pod)
    except SlipwayError as error:
        lines.append(f"(the cause cannot be looked up: {error.what})")
    return tuple(lines)


def _logs(client: Client, pod: Obj) -> list[str]:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    lines = []
    for container in pod["spec"]["containers"]:
        lines.append(f"Pod {namespace}/{name}, container {container['name']}, its last lines:")
        lines += _last_lines(client, namespace, name, container["name"]) or ["    (nothing)"]
    return lines


def _look(client: Client, open_ones: Mapping[Ref, Verdict], story: _Story) -> None:
    names = {(ref.namespace, ref.name) for ref in open_ones}
    for namespace in sorted({ref.namespace for ref in open_ones if ref.namespace}):
        pods = [pod for ref in open_ones if ref.namespace == namespace for pod in pods_of(client, ref)]
        causes = [cause for pod in pods for cause in causes_of_pod(pod)]
        for cause in causes[:MOST_PODS]:
            _tell(client, cause, story)
        if any(cause.remedy == remedies.NOT_READY for cause in causes):
            _nodes(client, story)
        names |= {(namespace, name) for pod in pods for name in (pod["metadata"]["name"], *claims_of(pod))}
        about = [event for event in client.objects("v1", "Event", namespace) if concerns(event, names)]
        lines, remedy = sentences_of_events(about)
        story.lines += lines
        story.causes += reversed(lines)
        story.remedies += [remedy] if remedy else []


def _tell(client: Client, cause: Cause, story: _Story) -> None:
    log = _log(client, cause)
    # What a process says itself tells more than how it ended.
    story.add(f"Pod {cause.pod}: {cause.text}", remedies.of_log("\n".join(log)) or cause.remedy)
    story.lines += log


def _nodes(client: Client, story: _Story) -> None:
    """Pods that no node takes because none is Ready: the nodes say why, and that is the cause of all."""
    for node in client.objects("v1", "Node"):
        text, remedy = of_node(node)
        if text:
            story.lines.append(text)
            story.causes.insert(0, text)
            story.remedies.insert(0, remedy)


def pods_of(client: Client, ref: Ref) -> list[Obj]:
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


def pods_behind(client: Client, namespace: str, service: str) -> list[Obj]:
    """The pods that a Service selects; none where there is no such Service."""
    selector = ((client.get("v1", "Service", service, namespace) or {}).get("spec") or {}).get("selector")
    labels = ",".join(f"{key}={value}" for key, value in sorted((selector or {}).items()))
    return client.objects("v1", "Pod", namespace, labels=labels) if labels else []


def claims_of(pod: Obj) -> list[str]:
    """Names of the claims that a pod mounts."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if volume.get("persistentVolumeClaim")]


def concerns(event: Obj, names: Iterable[tuple[str, str]]) -> bool:
    """Whether an event is about one of the objects, or about a ReplicaSet of one (``name-<hash>``)."""
    about = event.get("involvedObject") or {}
    namespace, name = about.get("namespace", ""), about.get("name", "")
    if about.get("kind") == "ReplicaSet":
        name = name.rpartition("-")[0]
    return (namespace, name) in names


def _log(client: Client, cause: Cause) -> list[str]:
    if not cause.container:
        return []
    return _last_lines(client, cause.namespace, cause.pod, cause.container, previous=cause.previous)


def _last_lines(client: Client, namespace: str, pod: str, container: str, *, previous: bool = False) -> list[str]:
    text = client.logs(namespace, pod, container, tail=LOG_LINES, previous=previous)
    return [f"    {line[:300]}" for line in text.splitlines()[-LOG_LINES:]]
