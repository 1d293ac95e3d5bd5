"""The objects of the kinds that CRDs define: what is said of them in their metadata, and more where it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slipway.kube import Client, NotServed, Obj, Ref, ref_of
from slipway.kube.discovery import METADATA


def instances(client: Client, definition: Obj) -> list[Ref]:
    """All objects of the kind that a CRD defines."""
    return [ref_of(obj) for obj in listed(client, definition)]


def instances_of(client: Client, definitions: Iterable[Ref], *, whole: bool = False) -> dict[Ref, list[Obj]]:
    """The objects of each of these CRDs, as ``listed`` gives them; of one that is not there, none."""
    definitions = list(definitions)

    def of(definition: Ref) -> list[Obj]:
        present = client.get(definition.api_version, definition.kind, definition.name)
        return listed(client, present, whole=whole) if present else []

    # All at once: the first listing of a kind makes the server begin to keep it in memory, and takes a second.
    with ThreadPoolExecutor(max_workers=max(len(definitions), 1), thread_name_prefix="instances") as pool:
        return dict(zip(definitions, pool.map(of, definitions), strict=True))


def listed(client: Client, definition: Obj, *, whole: bool = False) -> list[Obj]:
    """All objects of the kind that a CRD defines, in the version that is stored; apiVersion, kind and metadata alone,
    unless they are wanted ``whole``."""
    spec: dict[str, Any] = definition["spec"]
    served = [version for version in spec["versions"] if version.get("served")]
    stored = next((version for version in served if version.get("storage")), served[0] if served else None)
    if stored is None:
        return []
    api_version, kind = f"{spec['group']}/{stored['name']}", str(spec["names"]["kind"])
    try:
        objects = client.objects(api_version, kind, **({} if whole else {"accept": METADATA}))
    except NotServed:
        return []
    if whole:
        return objects
    return [{"apiVersion": api_version, "kind": kind, "metadata": obj["metadata"]} for obj in objects]
