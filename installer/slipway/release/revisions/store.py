"""Revisions in Secrets beside the inventory: what was applied may hold secrets, and a Secret holds a megabyte."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, cast

from slipway.errors import BadInput, SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.release.inventory import NAMESPACE
from slipway.release.revisions.model import Entry, Revision, State, decode, encode
from slipway.render.labels import MANAGED_BY

LABEL, STATE, PART = "slipway.dev/revision", "slipway.dev/state", "slipway.dev/part"
TYPE = "slipway.dev/revision"
#: Bytes of one Secret's data: base64 and the object around it stay below the API server's limit of 1 MiB.
CHUNK = 700_000
#: How many revisions stay.
KEPT = 10
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def name(number: int, part: int = 0) -> str:
    """``revision-00012``, and ``revision-00012.1`` for a further part."""
    return f"revision-{number:05d}" + (f".{part}" if part else "")


def begin(client: Client, revision: Revision) -> None:
    """Keep a revision that is about to be carried out; the oldest ones go."""
    data = encode(revision)
    chunks = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
    # The first part last: what has no first part does not exist.
    for part, chunk in reversed(list(enumerate(chunks))):
        client.apply(_secret(revision, part, len(chunks), chunk))
    wanted = {name(revision.number, part) for part in range(len(chunks))}
    for stale in set(_parts(client, revision.number)) - wanted:
        # Of a larger one of this number, whose installer was killed before its first part.
        client.delete(Ref("v1", "Secret", NAMESPACE, stale))
    for old in sorted(entries(client), key=lambda entry: entry.number)[:-KEPT]:
        _remove(client, old.number)


def finish(client: Client, number: int, state: State, seconds: float) -> None:
    """Say how it ended."""
    meta = {"labels": {STATE: state}, "annotations": {"slipway.dev/seconds": f"{seconds:.1f}"}}
    client.patch(Ref("v1", "Secret", NAMESPACE, name(number)), {"metadata": meta})


def interrupted(client: Client) -> list[int]:
    """Mark those that still say deploying; to be called by who holds the installer's lock. Their numbers."""
    found = [entry.number for entry in entries(client) if entry.state == "deploying"]
    for number in found:
        client.patch(Ref("v1", "Secret", NAMESPACE, name(number)), {"metadata": {"labels": {STATE: "interrupted"}}})
    return found


def entries(client: Client) -> list[Entry]:
    """The history, oldest first. Asks for metadata alone."""
    query = {"labelSelector": f"{LABEL},{PART}=0"}
    path = client.resource("v1", "Secret").path(NAMESPACE)
    answer = client.request("GET", path, query=query, accept=_METADATA)
    return sorted((_entry(item["metadata"]) for item in answer.get("items") or []), key=lambda entry: entry.number)


def load(client: Client, number: int) -> Revision:
    """A whole revision. Raises BadInput when there is none of this number, SlipwayError when it is damaged."""
    first = client.get("v1", "Secret", name(number), NAMESPACE)
    if first is None:
        known = ", ".join(str(entry.number) for entry in entries(client)) or "none"
        raise BadInput(f"there is no revision {number}", "revision", f"there is: {known} (slipway history)")
    parts = [first]
    for part in range(1, int(first["metadata"]["annotations"]["slipway.dev/parts"])):
        found = client.get("v1", "Secret", name(number, part), NAMESPACE)
        if found is None:
            raise SlipwayError(f"a part of revision {number} is missing", f"Secret {NAMESPACE}/{name(number, part)}")
        parts.append(found)
    data = b"".join(base64.b64decode(part["data"]["revision"]) for part in parts)
    try:
        return decode(data)
    except ValueError as error:
        raise SlipwayError(str(error), f"Secret {NAMESPACE}/{name(number)}", "choose another revision") from error


def _remove(client: Client, number: int) -> None:
    for secret in _parts(client, number):
        client.delete(Ref("v1", "Secret", NAMESPACE, secret))


def _parts(client: Client, number: int) -> Iterable[str]:
    path, query = client.resource("v1", "Secret").path(NAMESPACE), {"labelSelector": f"{LABEL}={number}"}
    answer = client.request("GET", path, query=query, accept=_METADATA)
    # The first part first: what has no first part does not exist.
    return sorted(item["metadata"]["name"] for item in answer.get("items") or [])


def _entry(meta: Mapping[str, Any]) -> Entry:
    labels, notes = meta.get("labels") or {}, meta.get("annotations") or {}
    seconds = notes.get("slipway.dev/seconds", "")
    return Entry(
        number=int(labels[LABEL]),
        action=notes.get("slipway.dev/action", ""),
        state=cast(State, labels.get(STATE, "interrupted")),
        began=notes.get("slipway.dev/began", ""),
        who=notes.get("slipway.dev/who", ""),
        overlay=notes.get("slipway.dev/overlay", ""),
        version=notes.get("slipway.dev/version", ""),
        seconds=float(seconds) if seconds else None,
        components=notes.get("slipway.dev/components", ""),
        note=notes.get("slipway.dev/note", ""),
    )


def _secret(revision: Revision, part: int, parts: int, chunk: bytes) -> Obj:
    labels = {MANAGED_BY: "slipway", LABEL: str(revision.number), PART: str(part), STATE: "deploying"}
    versions = [f"{key}={stored.component.version}" for key, stored in sorted(revision.components.items())]
    notes = {
        "slipway.dev/action": revision.origin.action,
        "slipway.dev/who": revision.origin.who,
        "slipway.dev/note": revision.origin.note,
        "slipway.dev/began": revision.began,
        "slipway.dev/overlay": revision.overlay,
        "slipway.dev/version": revision.version,
        "slipway.dev/components": " ".join(versions),
        "slipway.dev/parts": str(parts),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name(revision.number, part),
            "namespace": NAMESPACE,
            "labels": labels,
            "annotations": notes if part == 0 else {},
        },
        "type": TYPE,
        "data": {"revision": base64.b64encode(chunk).decode()},
    }
