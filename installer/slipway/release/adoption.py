"""Objects that were there before Slipway and that it has taken over: they outlive it, and go back to their owners.

The mark is on the objects themselves, a label whose value is the object's own UID, as that of what was kept
(``kept``): one that is deleted and made anew by Slipway is Slipway's, and a damaged record takes nothing with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from slipway.kube import ApiError, Client, NotServed, Obj, Ref
from slipway.kube.discovery import listable
from slipway.progress import Reporter
from slipway.release.order import is_custom
from slipway.release.owners import HELM_RELEASE, labelled, marked, of_others, stated_owner
from slipway.render.labels import ADOPTED, COMPONENT, MANAGED_BY, PART_OF

PARALLEL = 12
#: Of one object, in whatever version it is stored, what says whose it is.
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
#: Looked after by themselves (kept, vacated), or nobody's.
_APART = {"PersistentVolumeClaim", "Event", "Lease"}


def mark(client: Client, refs: Iterable[Ref]) -> None:
    """Mark what is to be taken over, before Slipway writes anything else to it."""
    for ref in refs:
        found = _look(client, ref)
        if found is not None:
            client.patch(ref, {"metadata": {"labels": {ADOPTED: found["metadata"]["uid"]}}})


def theirs(client: Client, refs: Collection[Ref]) -> set[Ref]:
    """Those of the objects that Slipway did not make: adopted ones, and those that somebody has made anew as his own.

    Raises SlipwayError where it cannot be found out: nothing is deleted then.
    """
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="theirs") as pool:
        found = list(pool.map(lambda ref: _look(client, ref), refs))
    return {ref for ref, obj in zip(refs, found, strict=True) if obj is not None and _is_theirs(obj)}


def _is_theirs(obj: Obj) -> bool:
    return marked(obj) or (not labelled(obj) and bool(stated_owner(obj)))


def _look(client: Client, ref: Ref) -> Obj | None:
    try:
        path = client.resource(ref.api_version, ref.kind).path(ref.namespace, ref.name)
        found: Obj = client.request("GET", path, accept=METADATA)
    except ApiError as error:
        # Where its conversion webhook or its APIService is away, what deletes it will say so.
        if error.status == 404 or (error.status >= 500 and is_custom(ref)):
            return None
        raise
    except NotServed:
        return None
    return found


def give_back(client: Client, refs: Iterable[Ref], reporter: Reporter) -> None:
    """Take Slipway's labels off what it did not make, so that nobody takes it for Slipway's any more."""
    for ref in sorted(refs):
        found = _look(client, ref)
        if found is None:
            continue
        metadata = found["metadata"]
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


def sharing(shared: Mapping[Ref, Collection[Ref]]) -> list[str]:
    """A line for each namespace that stays for what others have in it."""
    from slipway.release.foreign import named

    return [f"{ref} stays: there is something of others in it: {named(inside)}" for ref, inside in shared.items()]


def holding_others(client: Client, namespaces: Collection[str], project: str) -> dict[str, list[Obj]]:
    """namespace → the objects of others in it, of these namespaces but the project's, whose users are others."""
    from slipway.release.foreign import listed

    places = set(namespaces) - {project}
    if not places:
        return {}
    kinds = [item for item in listable(client.served()) if item.namespaced and item.kind not in _APART]
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="others") as pool:
        lists = list(pool.map(lambda item: listed(client, item.api_version, item.kind), kinds))
    found: dict[str, list[Obj]] = {}
    for obj in (obj for objects in lists for obj in objects):
        metadata = obj["metadata"]
        if metadata.get("namespace") in places and "deletionTimestamp" not in metadata and of_others(obj):
            found.setdefault(metadata["namespace"], []).append(obj)
    return found
