"""Which of many objects are still there: one listing of names for each collection, not a request for each object."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from slipway.errors import NotYet
from slipway.kube import ApiError, Client, NotServed, Ref
from slipway.kube.discovery import METADATA

#: (apiVersion, kind, namespace)
Collection = tuple[str, str, str]


def collections(refs: Iterable[Ref]) -> dict[Collection, list[Ref]]:
    """The objects by the collection in which they would be listed."""
    by_collection: dict[Collection, list[Ref]] = {}
    for ref in refs:
        by_collection.setdefault((ref.api_version, ref.kind, ref.namespace), []).append(ref)
    return by_collection


def still_there(client: Client, refs: Iterable[Ref], pool: Executor) -> list[Ref]:
    """Those of the objects that are not gone, in their order. A server that cannot answer now has not said that one is.

    What somebody has made anew is there, too; but for namespaces, which the next installation may need at once.
    """
    groups = collections(refs)
    listings = pool.map(lambda group: _listed(client, *group), groups.items())
    there = {ref for refs in listings for ref in refs}
    return [ref for group in groups.values() for ref in group if ref in there]


def _listed(client: Client, collection: Collection, refs: list[Ref]) -> list[Ref]:
    api_version, kind, namespace = collection
    # Of one object alone the server need not list all the others.
    query = {"fieldSelector": f"metadata.name={refs[0].name}"} if len(refs) == 1 else {}
    try:
        answer = client.request("GET", client.resource(api_version, kind).path(namespace), query=query, accept=METADATA)
    except NotServed:
        return []
    except (ApiError, NotYet) as error:
        # A collection is always there: its definition has gone since discovery.
        return [] if isinstance(error, ApiError) and error.status == 404 else refs
    items = [item["metadata"] for item in answer.get("items") or []]
    names = {meta["name"] for meta in items if kind != "Namespace" or "deletionTimestamp" in meta}
    return [ref for ref in refs if ref.name in names]
