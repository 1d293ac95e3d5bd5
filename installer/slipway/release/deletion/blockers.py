"""What holds a deletion up, as the cluster shows it: pods of a claim, what is left in a namespace, a lost node."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from slipway.diagnosis.explain import claims_of
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.discovery import Resource
from slipway.release.objects.custom_resources import instances

#: Objects of one kind that are named before "and more".
MOST = 3


def blockers(client: Client, ref: Ref, obj: Obj) -> str:
    """``; used by Pod harbour/web (Running)``: what the object itself does not say, "" when nothing more is known."""
    look = _LOOKS.get(ref.kind)
    try:
        reasons = list(look(client, ref, obj)) if look else []
    except SlipwayError:
        # An explanation must not fail in place of what it explains.
        return ""
    more = f" and {len(reasons) - MOST} more" if len(reasons) > MOST else ""
    return f"; {', '.join(reasons[:MOST])}{more}" if reasons else ""


def _claim(client: Client, ref: Ref, obj: Obj) -> Iterator[str]:
    for pod in client.objects("v1", "Pod", ref.namespace):
        if ref.name in claims_of(pod) and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            yield f"used by {ref_of(pod)} ({(pod.get('status') or {}).get('phase', 'Pending')})"


def _pod(client: Client, ref: Ref, obj: Obj) -> Iterator[str]:
    name = (obj.get("spec") or {}).get("nodeName", "")
    node = client.get("v1", "Node", name) if name else None
    if name and node is None:
        yield f"its node {name} is not there any more: kubectl delete pod --force -n {ref.namespace} {ref.name}"
    for condition in ((node or {}).get("status") or {}).get("conditions") or []:
        if condition.get("type") == "Ready" and condition.get("status") != "True":
            yield f"its node {name} does not answer: {condition.get('message', '')}"


def _namespace(client: Client, ref: Ref, obj: Obj) -> Iterator[str]:
    # Pods go before everything else, and as long as one is left the namespace says nothing.
    remaining = {"pods": None, **dict.fromkeys(_remaining(obj))}
    kinds = {_full(resource): resource for resource in client.served()}
    for name in remaining:
        resource = kinds.get(name)
        for left in client.objects(resource.api_version, resource.kind, ref.name) if resource else ():
            finalizers = ", ".join(left["metadata"].get("finalizers") or [])
            inner = ref_of(left)
            cause = blockers(client, inner, left) if inner.kind in ("Pod", "PersistentVolumeClaim") else ""
            yield f"{inner} is left" + (f", held by {finalizers}" if finalizers else "") + cause


def _full(resource: Resource) -> str:
    """``boats.example.com``; ``pods``."""
    group = resource.api_version.rpartition("/")[0]
    return f"{resource.plural}.{group}" if group else resource.plural


def _remaining(obj: Obj) -> list[str]:
    """``["pods", "boats.example.com"]`` from what the namespace controller says is left."""
    messages = [
        str(condition.get("message", ""))
        for condition in (obj.get("status") or {}).get("conditions") or []
        if condition.get("type") == "NamespaceContentRemaining" and condition.get("status") == "True"
    ]
    return [name.rstrip(".") for text in messages for name in re.findall(r"([a-z0-9.-]+) has \d+ resource", text)]


def _definition(client: Client, ref: Ref, obj: Obj) -> Iterator[str]:
    for instance in instances(client, obj):
        yield f"{instance} is left"


def _volume(client: Client, ref: Ref, obj: Obj) -> Iterator[str]:
    maker = (obj["metadata"].get("annotations") or {}).get("pv.kubernetes.io/provisioned-by", "")
    claim = (obj.get("spec") or {}).get("claimRef") or {}
    if (obj.get("status") or {}).get("phase") == "Bound":
        yield f"bound to PersistentVolumeClaim {claim.get('namespace', '')}/{claim.get('name', '')}"
    elif maker:
        yield f"{maker} removes it: is it running?"


_LOOKS: dict[str, Callable[[Client, Ref, Obj], Iterator[str]]] = {
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "Namespace": _namespace,
    "CustomResourceDefinition": _definition,
    "PersistentVolume": _volume,
}
