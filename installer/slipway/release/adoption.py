"""Objects that were there before Slipway and that it has taken over: they outlive it, and go back to their owners."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from slipway.kube import Client, Obj, Ref
from slipway.kube.discovery import listable
from slipway.progress import Reporter
from slipway.release.inventory import Record
from slipway.release.owners import HELM_RELEASE, of_others
from slipway.release.prune import identity
from slipway.render.labels import COMPONENT, MANAGED_BY, PART_OF

PARALLEL = 12
#: Looked after by themselves (kept, vacated), or nobody's.
_APART = {"PersistentVolumeClaim", "Event", "Lease"}


def of(records: Mapping[str, Record]) -> frozenset[Ref]:
    """All that any component has taken over."""
    return frozenset(ref for record in records.values() for ref in record.adopted)


def among(refs: Iterable[Ref], adopted: Iterable[Ref]) -> tuple[Ref, ...]:
    """Those of the refs that were adopted, in whatever version of their API, sorted."""
    theirs = {identity(ref) for ref in adopted}
    return tuple(sorted(ref for ref in refs if identity(ref) in theirs))


def give_back(client: Client, refs: Iterable[Ref], reporter: Reporter) -> None:
    """Take Slipway's labels off what it did not make, so that nobody takes it for Slipway's any more."""
    for ref in refs:
        found = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        if found is None:
            continue
        metadata = found["metadata"]
        labels = metadata.get("labels") or {}
        if labels.get(MANAGED_BY) == "slipway":
            # Helm does not touch what does not carry its own name here.
            helm = "Helm" if HELM_RELEASE in (metadata.get("annotations") or {}) else None
            mine: dict[str, str | None] = {MANAGED_BY: helm, COMPONENT: None}
            if labels.get(PART_OF) == "slipway":
                mine[PART_OF] = None
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
