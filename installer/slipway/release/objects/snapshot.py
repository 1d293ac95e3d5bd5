"""All objects of Slipway at one moment: one listing per kind, side by side."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from slipway.kube import Client, NotServed, Obj, Ref, ref_of
from slipway.kube.objects import identity
from slipway.render.labels import SELECTOR

PARALLEL = 6

#: Finds an object by what it is, whatever version of its API it was asked in.
Find = Callable[[Ref], Obj | None]


def snapshot(client: Client, kinds: Iterable[tuple[str, str]]) -> Find:
    """List these (apiVersion, kind)s; kinds that are not served have no objects.

    What is not among those with Slipway's label is asked for by name, once: somebody may have removed the label.
    """

    def listing(kind: tuple[str, str]) -> list[Obj]:
        try:
            return client.objects(*kind, labels=SELECTOR)
        except NotServed:
            return []

    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="list") as pool:
        listed = finder(obj for objects in pool.map(listing, sorted(set(kinds))) for obj in objects)

    @functools.cache
    def asked(ref: Ref) -> Obj | None:
        try:
            return client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        except NotServed:
            return None

    return lambda ref: listed(ref) or asked(ref)


def finder(objects: Iterable[Obj]) -> Find:
    """Look-up in objects that were listed."""
    by_identity = {identity(ref_of(obj)): obj for obj in objects}
    return lambda ref: by_identity.get(identity(ref))
