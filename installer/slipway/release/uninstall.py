"""Removing components: custom resources while their controllers run, then everything else, namespaces last."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from slipway.catalog import Started
from slipway.errors import BadInput, NotYet, SlipwayError
from slipway.kube import ApiError, Client, NotServed, Obj, Ref
from slipway.progress import Reporter
from slipway.release import inventory
from slipway.release.inventory import Record
from slipway.release.order import CUSTOM, HOOKS, WORKLOADS, deletion_stages, stage
from slipway.release.prune import identity, instances

DATA_KINDS = {"PersistentVolumeClaim", "PersistentVolume"}
PARALLEL = 8
PAUSE = 0.5


@dataclass(frozen=True)
class Removal:
    """What is deleted and what stays, decided from the inventory. ``definitions`` are the CRDs among ``refs``."""

    refs: tuple[Ref, ...]
    kept: tuple[Ref, ...]

    @property
    def definitions(self) -> list[Ref]:
        """The CRDs: all their objects are deleted before them."""
        return [ref for ref in self.refs if ref.kind == "CustomResourceDefinition"]


def choose(records: Mapping[str, Record], names: Iterable[str], project: str, *, delete_data: bool) -> Removal:
    """Objects of ``names`` that no remaining component has. Volumes and the project namespace are data."""
    wanted = set(names)
    remaining = {identity(ref) for name, record in records.items() if name not in wanted for ref in record.all}
    refs: set[Ref] = set()
    kept: set[Ref] = set()
    for name in wanted:
        for ref in records[name].all:
            if identity(ref) in remaining:
                continue
            is_data = ref.kind in DATA_KINDS or (ref.kind == "Namespace" and ref.name == project)
            (kept if is_data and not delete_data else refs).add(ref)
    return Removal(tuple(sorted(refs)), tuple(sorted(kept)))


def check(records: Mapping[str, Record], names: Iterable[str]) -> list[str]:
    """The names to remove (default: all). Raises BadInput for unknown ones and for those that others require."""
    wanted = list(names) or list(records)
    for name in wanted:
        if name not in records:
            raise BadInput(f"'{name}' is not installed", remedy=f"installed: {', '.join(sorted(records)) or 'nothing'}")
        users = sorted(other for other, r in records.items() if name in r.requires and other not in wanted)
        if users:
            raise BadInput(f"'{name}' is required by {', '.join(users)}", remedy="uninstall these, too")
    return wanted


def uninstall(
    client: Client, names: Iterable[str], project: str, reporter: Reporter, *, timeout: float, delete_data: bool = False
) -> Removal:
    """Remove components. Raises SlipwayError naming what holds a deletion up after ``timeout`` seconds a stage."""
    records = inventory.load_records(client)
    wanted = check(records, names)
    removal = choose(records, wanted, project, delete_data=delete_data)
    removal = _keep_namespaces_with_data(client, removal) if not delete_data else removal
    delete_and_wait(client, [r for d in removal.definitions for r in _instances(client, d)], reporter, timeout)
    stages = deletion_stages(removal.refs)
    running = [group for group in stages if stage(group[0]) in (CUSTOM, HOOKS, WORKLOADS)]
    for group in running:
        delete_and_wait(client, group, reporter, timeout)
    # Now that nothing starts new ones.
    started = [ref for name in wanted for item in records[name].starts for ref in _started(client, item)]
    delete_and_wait(client, started, reporter, timeout)
    for group in stages[len(running) :]:
        delete_and_wait(client, group, reporter, timeout)
    for name in wanted:
        inventory.remove(client, name)
    if not inventory.load_records(client):
        client.delete(Ref("v1", "Namespace", "", inventory.NAMESPACE))
    for ref in removal.kept:
        reporter.say(f"{ref} stays", mark="=")
    return removal


def _instances(client: Client, definition: Ref) -> list[Ref]:
    found = client.get(definition.api_version, definition.kind, definition.name)
    return instances(client, found) if found else []


def _started(client: Client, item: Started) -> list[Ref]:
    try:
        found = client.objects(item.api_version, item.kind, item.namespace, labels=item.labels)
    except NotServed:
        return []
    return [Ref(item.api_version, item.kind, item.namespace, obj["metadata"]["name"]) for obj in found]


def _keep_namespaces_with_data(client: Client, removal: Removal) -> Removal:
    """A namespace in which there are claims stays: its deletion would delete them."""
    with_claims = {claim["metadata"]["namespace"] for claim in client.objects("v1", "PersistentVolumeClaim")}
    stays = {ref for ref in removal.refs if ref.kind == "Namespace" and ref.name in with_claims}
    refs = tuple(ref for ref in removal.refs if ref not in stays)
    return Removal(refs, tuple(sorted({*removal.kept, *stays})))


def describe(refs: Iterable[Ref]) -> str:
    """``delete 3 Deployment, 1 Job``."""
    kinds: dict[str, int] = {}
    for ref in refs:
        kinds[ref.kind] = kinds.get(ref.kind, 0) + 1
    return "delete " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def delete_and_wait(client: Client, refs: Collection[Ref], reporter: Reporter, timeout: float) -> None:
    """Delete objects and wait until they are gone. Raises SlipwayError naming those that are not, and why."""
    if not refs:
        return
    with (
        reporter.step("uninstall", describe(refs), announce=False),
        ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="delete") as pool,
    ):
        left = [ref for ref, there in zip(refs, pool.map(client.delete, refs), strict=True) if there]
        start = time.monotonic()
        while left:
            objects = [found for found in pool.map(lambda ref: _get(client, ref), left) if found]
            left = [ref for ref, found in objects]
            if left and time.monotonic() - start > timeout:
                lines = tuple(f"{ref}: {holder(found)}" for ref, found in objects)
                remedy = "is the controller that removes the finalizer still running? run uninstall again when it is"
                raise SlipwayError(f"not gone after {timeout:.0f} s", "uninstall", remedy, lines)
            if left:
                ref, found = objects[0]
                reporter.waiting("uninstall", f"waiting for the end of {ref}: {holder(found)} ({len(left)} left)")
                time.sleep(PAUSE)


def _get(client: Client, ref: Ref) -> tuple[Ref, Obj] | None:
    try:
        found = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    except (ApiError, NotYet):
        return None
    return (ref, found) if found else None


def holder(obj: Obj) -> str:
    """What keeps an object from going: its finalizers, or what a namespace says of its contents."""
    status = obj.get("status") or {}
    said = [
        str(entry.get("message", ""))
        for entry in (status.get("conditions") or [])
        if entry.get("status") == "True"
        and str(entry.get("type", "")).startswith("Namespace")
        and entry.get("type") != "NamespaceDeletionDiscoveryFailure"
    ]
    finalizers = [*(obj["metadata"].get("finalizers") or [])]
    if obj.get("kind") == "Namespace" or "finalizers" in (obj.get("spec") or {}):
        return "; ".join(text for text in said if text) or "its contents are being deleted"
    return f"held by {', '.join(finalizers)}" if finalizers else "is being deleted"
