"""What a component brought, found in the cluster itself where its record is damaged.

A damaged list may name too little, or what is somebody else's: instead, an object counts as the component's when it
bears Slipway's label and was applied by the component's own field manager, or was generated for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, ref_of
from slipway.kube.client import FIELD_MANAGER
from slipway.kube.discovery import METADATA, listable
from slipway.render.labels import COMPONENT, SELECTOR

if TYPE_CHECKING:
    from slipway.catalog import Component
    from slipway.release.state.inventory import Record

PARALLEL = 6


def reconstructed(client: Client, records: dict[str, Record], own_namespace: str) -> dict[str, Record]:
    """The records, with those that are damaged filled up from the cluster and from the newest revision.

    What cannot be listed leaves them as they were read.
    """
    try:
        objects = _marked(client)
    except SlipwayError:
        return records
    completed = dict(records)
    for name, record in records.items():
        if record.damage:
            mine = {ref_of(obj) for obj in objects if _is_of(obj, name)}
            mine -= {ref for ref in mine if own_namespace in (ref.namespace, ref.name)}
            secrets = tuple(ref for ref in record.secrets if ref in mine)
            record = replace(record, objects=tuple(sorted(mine - {*secrets})), secrets=secrets)
            completed[name] = _as_declared(client, record)
    return completed


def _marked(client: Client) -> list[Obj]:
    """Every object with Slipway's label: metadata alone, each in one version of its API."""
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="recollect") as pool:
        lists = pool.map(lambda item: _listed(client, item.api_version, item.kind), listable(client.served()))
        return [obj for objects in lists for obj in objects]


def _listed(client: Client, api_version: str, kind: str) -> list[Obj]:
    try:
        return client.objects(api_version, kind, labels=SELECTOR, accept=METADATA)
    except SlipwayError:
        # One that does not answer, or may not be read, takes nothing from the others.
        return []


def _is_of(obj: Obj, component: str) -> bool:
    meta = obj["metadata"]
    managers = {str(entry.get("manager", "")) for entry in meta.get("managedFields") or []}
    generated = FIELD_MANAGER in managers and (meta.get("labels") or {}).get(COMPONENT) == component
    return f"slipway-{component}" in managers or generated


def _as_declared(client: Client, record: Record) -> Record:
    """With what the newest revision that can be read says of the component: what it requires, and what it starts."""
    from slipway.release.secrets import spec

    for project, component in _declared(client, record.component):
        starts = (replace(item, namespace=spec.in_project(item.namespace, project)) for item in component.starts)
        return replace(record, requires=(*component.requires, *component.after), starts=tuple(starts))
    # A selector that is damaged could select anything.
    return replace(record, starts=())


def _declared(client: Client, name: str) -> Iterator[tuple[str, Component]]:
    from slipway.release.state import revisions

    try:
        numbers = [entry.number for entry in reversed(revisions.entries(client))]
    except SlipwayError:
        return
    for number in numbers:
        try:
            revision = revisions.load(client, number)
        except SlipwayError:
            continue
        if name in revision.components:
            yield revision.project, revision.components[name].component
