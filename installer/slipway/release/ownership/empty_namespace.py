"""Whether a namespace that left the manifests may go: Slipway made it, and nothing of anybody is left in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from slipway.errors import SlipwayError
from slipway.kube import Client, NotServed, Obj, Ref
from slipway.kube.discovery import METADATA, listable
from slipway.release.ownership.owners import made_by_slipway

#: What the server and controllers put into every namespace, and what is nobody's work: events, locks.
_EVERYWHERE = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
_NOBODYS = {"Event", "Lease"}
#: Deleted by the garbage collector, after their owners, which are looked for themselves.
_DEPENDENTS = {"Pod", "ReplicaSet", "EndpointSlice", "ControllerRevision"}
#: These hold data, however far their deletion is.
_DATA = {"PersistentVolumeClaim"}


def is_own_and_empty(client: Client, ref: Ref) -> bool:
    """Whether the namespace is Slipway's own and empty. False where that cannot be found out."""
    try:
        obj = client.get(ref.api_version, ref.kind, ref.name)
        return obj is not None and made_by_slipway(obj) and not any(contents(client, ref.name))
    except SlipwayError:
        return False


def in_every_namespace(ref: Ref) -> bool:
    """Whether Kubernetes makes it in every namespace, and makes it anew when it is deleted."""
    return (ref.kind, ref.name) in _EVERYWHERE


def contents(client: Client, namespace: str) -> Iterator[Obj]:
    """The objects that keep a namespace."""
    for item in listable(client.served()):
        if not item.namespaced or item.kind in _NOBODYS:
            continue
        # A kind whose definition has gone since it was asked for has no objects.
        with suppress(NotServed):
            objects = client.objects(item.api_version, item.kind, namespace, accept=METADATA)
            yield from (obj for obj in objects if keeps_namespace(item.kind, obj))


def keeps_namespace(kind: str, obj: Obj) -> bool:
    """Whether an object keeps its namespace: not what every namespace has, nor what is on its way out."""
    metadata = obj["metadata"]
    if kind in _DATA:
        return True
    if (kind, metadata["name"]) in _EVERYWHERE or "deletionTimestamp" in metadata:
        return False
    return not (kind in _DEPENDENTS and metadata.get("ownerReferences"))
