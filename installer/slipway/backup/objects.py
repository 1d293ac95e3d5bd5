"""Users' objects as they are kept and as they are made anew. Pure functions."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

from slipway.kube import Obj

#: What the server says of an object; another server says something else.
SERVERS = ("resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
ENDING = ("deletionTimestamp", "deletionGracePeriodSeconds")


def kept(objects: Iterable[Obj]) -> list[Obj]:
    """As they go into a backup: owners before what they own, without those that are being deleted."""
    there = [obj for obj in objects if "deletionTimestamp" not in obj["metadata"]]
    return [_plain(obj) for obj in ordered(there)]


def _plain(obj: Obj) -> Obj:
    meta = {key: value for key, value in obj["metadata"].items() if key not in SERVERS}
    return {**obj, "metadata": meta}


def ordered(objects: Iterable[Obj]) -> list[Obj]:
    """Owners before what they own; what is not tied to anything stays in its order."""
    objects = list(objects)
    by_uid = {obj["metadata"]["uid"]: obj for obj in objects}
    placed: dict[str, Obj] = {}

    def put(obj: Obj, below: frozenset[str]) -> None:
        uid = obj["metadata"]["uid"]
        if uid in placed or uid in below:
            return
        for owner in owners(obj):
            if owner in by_uid:
                put(by_uid[owner], below | {uid})
        placed[uid] = obj

    for obj in objects:
        put(obj, frozenset())
    return list(placed.values())


def owners(obj: Obj) -> list[str]:
    """The UIDs of its owners."""
    return [owner["uid"] for owner in obj["metadata"].get("ownerReferences") or []]


def fresh(obj: Obj, uids: Mapping[str, str]) -> Obj:
    """The object to be created, with its owners by their new UIDs (``uids``: old → new), as far as they are there."""
    copied = copy.deepcopy(obj)
    meta = copied["metadata"]
    for key in ("uid", *ENDING):
        meta.pop(key, None)
    references = [
        {**owner, "uid": uids[owner["uid"]]} for owner in meta.pop("ownerReferences", []) if owner["uid"] in uids
    ]
    if references:
        meta["ownerReferences"] = references
    return copied
