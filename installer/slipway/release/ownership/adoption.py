"""Objects that were there before Slipway and that it has taken over: they outlive it, and go back to their owners.

The mark is on the objects themselves, a label whose value is the object's own UID, as that of what was kept
(``kept``): one that is deleted and made anew by Slipway is Slipway's, and a damaged record takes nothing with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from slipway.kube import ApiError, Client, NotServed, Obj, Ref, ref_of
from slipway.kube.client import FIELD_MANAGER
from slipway.kube.discovery import listable
from slipway.kube.objects import identity
from slipway.progress import Reporter
from slipway.release.objects.order import is_custom
from slipway.release.ownership.empty_namespace import in_every_namespace
from slipway.release.ownership.foreign import listed, named
from slipway.release.ownership.owners import HELM_RELEASE, labelled, marked, of_others, stated_owner
from slipway.render.labels import ADOPTED, COMPONENT, MANAGED_BY, PART_OF

PARALLEL = 12
#: Of one object, in whatever version it is stored, what says whose it is.
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_NOBODYS = {"Event", "Lease"}
#: Nobody's, or looked after by themselves (kept).
_APART = {*_NOBODYS, "PersistentVolumeClaim"}


def mark(client: Client, refs: Iterable[Ref]) -> None:
    """Mark what is to be taken over, before Slipway writes anything else to it."""
    for ref in refs:
        obj = _look(client, ref)
        if obj is not None:
            client.patch(ref, {"metadata": {"labels": {ADOPTED: obj["metadata"]["uid"]}}})


def theirs(objects: Iterable[Obj], refs: Collection[Ref]) -> set[Ref]:
    """Those of ``refs`` that Slipway did not make: adopted ones, those that somebody has made anew as his own, and what
    Kubernetes makes in every namespace and makes anew when it is deleted.

    ``objects`` are all objects of their kinds, as ``survey`` lists them.
    """
    names = {identity(ref): ref for ref in refs}
    return {
        names[key]
        for obj in objects
        if (key := identity(ref_of(obj))) in names
        and (in_every_namespace(names[key]) or marked(obj) or (not labelled(obj) and bool(stated_owner(obj))))
    }


def survey(client: Client, refs: Iterable[Ref], namespaces: Collection[str] = ()) -> list[Obj]:
    """The metadata of all objects of the kinds of ``refs``, and of whatever may be in these namespaces.

    One listing for each kind, however many objects there are. Raises SlipwayError where that cannot be found out:
    nothing is deleted then.
    """
    kinds = {(ref.api_version, ref.kind) for ref in refs}
    if namespaces:
        known = {(api_version.rpartition("/")[0], kind) for api_version, kind in kinds}
        more = [item for item in listable(client.served()) if item.namespaced and item.kind not in _NOBODYS]
        kinds |= {(i.api_version, i.kind) for i in more if (i.api_version.rpartition("/")[0], i.kind) not in known}
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="survey") as pool:
        lists = pool.map(lambda kind: listed(client, *kind), sorted(kinds))
        return [obj for objects in lists for obj in objects]


def _look(client: Client, ref: Ref) -> Obj | None:
    try:
        path = client.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)
        obj: Obj = client.request("GET", path, accept=METADATA)
    except ApiError as error:
        # Where its conversion webhook or its APIService is away, what deletes it will say so.
        if error.status == 404 or (error.status >= 500 and is_custom(ref)):
            return None
        raise
    except NotServed:
        return None
    return obj


def give_back(client: Client, refs: Iterable[Ref], reporter: Reporter) -> None:
    """Take Slipway's labels off what it did not make, so that nobody takes it for Slipway's any more."""
    for ref in sorted(refs):
        obj = _look(client, ref)
        if obj is None:
            continue
        metadata = obj["metadata"]
        if in_every_namespace(ref):
            _take_back(client, ref, metadata)
        labels = metadata.get("labels") or {}
        mine: dict[str, str | None] = {ADOPTED: None} if ADOPTED in labels else {}
        if labels.get(MANAGED_BY) == "slipway":
            # Helm does not touch what does not carry its own name here.
            mine[MANAGED_BY] = "Helm" if HELM_RELEASE in (metadata.get("annotations") or {}) else None
            mine[COMPONENT] = None
            if labels.get(PART_OF) == "slipway":
                mine[PART_OF] = None
        if mine:
            client.patch(ref, {"metadata": {"labels": mine}})
        reporter.say(f"{ref} stays: Slipway did not make it", mark="=")


def _take_back(client: Client, ref: Ref, metadata: Obj) -> None:
    """Leave nothing of what Slipway has applied: the server takes away what nobody else says."""
    for entry in metadata.get("managedFields") or []:
        if entry.get("operation") == "Apply" and entry["manager"].startswith(FIELD_MANAGER):
            name = {"name": ref.name, "namespace": ref.namespace}
            client.apply({"apiVersion": ref.api_version, "kind": ref.kind, "metadata": name}, manager=entry["manager"])


def sharing(shared: Mapping[Ref, Collection[Ref]]) -> list[str]:
    """A line for each namespace that stays for what others have in it."""
    return [f"{ref} stays: there is something of others in it: {named(inside)}" for ref, inside in shared.items()]


def holding_others(objects: Iterable[Obj], namespaces: Collection[str], project: str) -> dict[str, list[Obj]]:
    """namespace → the objects of others in it, of these namespaces but the project's, whose users are others."""
    places, holding = set(namespaces) - {project}, dict[str, list[Obj]]()
    for obj in objects:
        metadata = obj["metadata"]
        inside = metadata.get("namespace") in places and obj["kind"] not in _APART
        if inside and "deletionTimestamp" not in metadata and of_others(obj):
            holding.setdefault(metadata["namespace"], []).append(obj)
    return holding
