"""Revisions in Secrets beside the inventory: what was applied may hold secrets, and a Secret holds a megabyte."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

from slipway.errors import BadInput, SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.release.state.namespace import NAMESPACE
from slipway.release.state.revisions.model import Entry, Revision, State, decode, encode
from slipway.render.labels import MANAGED_BY

LABEL, STATE, PART = "slipway.dev/revision", "slipway.dev/state", "slipway.dev/part"
PARTS = "slipway.dev/parts"
TYPE = "slipway.dev/revision"
#: Bytes of one Secret's data: base64 and the object around it stay below the API server's limit of 1 MiB.
CHUNK = 700_000
#: How many revisions stay.
KEPT = 10
_NAME = re.compile(r"revision-([0-9]{5,9})(?:\.([0-9]{1,4}))?")
_OTHER = "choose another revision: slipway history"
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
    numbers = [entry.number for entry in entries(client) if entry.state == "deploying"]
    for number in numbers:
        client.patch(Ref("v1", "Secret", NAMESPACE, name(number)), {"metadata": {"labels": {STATE: "interrupted"}}})
    return numbers


def entries(client: Client) -> list[Entry]:
    """The history, oldest first. Asks for metadata alone; a revision is known by its name, which nobody can change."""
    return sorted(
        (_entry(number, meta) for (number, part), meta in _listed(client).items() if part == 0),
        key=lambda entry: entry.number,
    )


def load(client: Client, number: int) -> Revision:
    """A whole revision. Raises BadInput when there is none of this number, SlipwayError when it is damaged."""
    first = client.get("v1", "Secret", name(number), NAMESPACE)
    if first is None:
        known = ", ".join(str(entry.number) for entry in entries(client)) or "none"
        raise BadInput(f"there is no revision {number}", "revision", f"there is: {known} (slipway history)")
    parts = [first]
    where = f"Secret {NAMESPACE}/{name(number)}"
    count = (first["metadata"].get("annotations") or {}).get(PARTS, "")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", count):
        raise SlipwayError(f"revision {number} is damaged: it does not say how many parts it has", where, _OTHER)
    for part in range(1, int(count)):
        secret = client.get("v1", "Secret", name(number, part), NAMESPACE)
        if secret is None:
            missing = f"Secret {NAMESPACE}/{name(number, part)}"
            raise SlipwayError(f"a part of revision {number} is missing", missing, _OTHER)
        parts.append(secret)
    try:
        data = b"".join(base64.b64decode((part.get("data") or {}).get("revision", "")) for part in parts)
        return decode(data)
    except ValueError as error:
        raise SlipwayError(f"revision {number} is damaged: {error}", where, _OTHER) from error


def _remove(client: Client, number: int) -> None:
    for secret in _parts(client, number):
        client.delete(Ref("v1", "Secret", NAMESPACE, secret))


def _parts(client: Client, number: int) -> Iterable[str]:
    # The first part first: what has no first part does not exist.
    return sorted(meta["name"] for (revision, _), meta in _listed(client).items() if revision == number)


def _listed(client: Client) -> dict[tuple[int, int], Mapping[str, Any]]:
    """The metadata of all parts of all revisions, by (revision, part)."""
    answer = client.request("GET", client.resource("v1", "Secret").path(NAMESPACE), accept=_METADATA)
    by_part = {}
    for meta in (item["metadata"] for item in answer.get("items") or []):
        if match := _NAME.fullmatch(meta["name"]):
            by_part[int(match[1]), int(match[2] or 0)] = meta
    return by_part


def _entry(number: int, meta: Mapping[str, Any]) -> Entry:
    labels, notes, damage = meta.get("labels") or {}, meta.get("annotations") or {}, []
    state = labels.get(STATE)
    if state not in get_args(State):
        # Whoever goes on makes a new one.
        damage.append(f"its state is {state!r}")
        state = "interrupted"
    seconds = notes.get("slipway.dev/seconds", "")
    if seconds and not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", seconds):
        damage.append(f"its seconds are {seconds!r}")
        seconds = ""
    if not re.fullmatch(r"[1-9][0-9]{0,3}", notes.get(PARTS, "")):
        damage.append("it does not say how many parts it has")
    return Entry(
        number=number,
        action=notes.get("slipway.dev/action", ""),
        state=cast(State, state),
        began=notes.get("slipway.dev/began", ""),
        who=notes.get("slipway.dev/who", ""),
        overlay=notes.get("slipway.dev/overlay", ""),
        version=notes.get("slipway.dev/version", ""),
        seconds=float(seconds) if seconds else None,
        components=notes.get("slipway.dev/components", ""),
        note=notes.get("slipway.dev/note", ""),
        damage=tuple(damage),
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
        PARTS: str(parts),
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
