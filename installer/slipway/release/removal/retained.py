"""What an uninstallation left because it may hold data, or for users' objects: marked, so that it is found again.

The mark is on the objects themselves, a label whose value is the object's own UID: who copies the object does not copy
the mark.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from slipway.kube import Client, Obj, Ref, ref_of
from slipway.kube.discovery import METADATA
from slipway.kube.objects import identity
from slipway.release.removal.selection import Removal, check
from slipway.release.state.inventory import Record, now

LABEL = "slipway.dev/kept"
PARALLEL = 6
#: Annotations: of which components, since when (RFC 3339), and the provisioners that went at the same time.
OF, SINCE, GONE = "slipway.dev/kept-of", "slipway.dev/kept-since", "slipway.dev/provisioners-gone"
#: Annotation: why. What was kept before there was a choice has none, and was kept as data.
FOR, DATA, CUSTOM = "slipway.dev/kept-for", "data", "custom-resources"
DEFINITIONS = ("apiextensions.k8s.io/v1", "CustomResourceDefinition")
KINDS = (("v1", "Namespace"), ("v1", "PersistentVolume"), ("v1", "PersistentVolumeClaim"), DEFINITIONS)


@dataclass(frozen=True)
class Retained:
    """An object that an uninstallation left. ``gone`` are provisioners that Slipway has taken away since.

    ``why`` is DATA or CUSTOM: kept for custom resources only.
    """

    ref: Ref
    components: tuple[str, ...]
    since: str
    gone: tuple[str, ...] = ()
    why: str = DATA

    def __str__(self) -> str:
        return f"{self.ref}, of {', '.join(self.components)}, since {self.since}"


def users_of(ref: Ref, records: Mapping[str, Record]) -> str:
    """The components that have an object, with commas."""
    return ",".join(name for name, record in sorted(records.items()) if identity(ref) in map(identity, record.all))


def mark(client: Client, removal: Removal, records: Mapping[str, Record], gone: Collection[str]) -> None:
    """Mark what stays of these components. ``gone``: provisioners of the StorageClasses that are removed."""

    def one(ref: Ref) -> None:
        obj = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
        if obj is None:
            return
        why = CUSTOM if ref in removal.custom else DATA
        notes = {OF: users_of(ref, records), SINCE: now(), GONE: ",".join(sorted(gone)), FOR: why}
        client.patch(ref, {"metadata": {"labels": {LABEL: obj["metadata"]["uid"]}, "annotations": notes}})

    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="keep") as pool:
        list(pool.map(one, removal.kept))


def find(client: Client, records: Mapping[str, Record], names: Collection[str] = ()) -> list[Retained]:
    """What was left and belongs to nothing that is installed now; of these components, or of any."""
    present = {identity(ref) for record in records.values() for ref in record.all}
    marked = [
        _kept({**obj, "apiVersion": api_version, "kind": kind})
        for api_version, kind in KINDS
        for obj in client.objects(api_version, kind, labels=LABEL, accept=METADATA)
        if obj["metadata"]["labels"][LABEL] == obj["metadata"]["uid"]
    ]
    return sorted(
        (item for item in marked if identity(item.ref) not in present and (not names or {*names} & {*item.components})),
        key=lambda item: item.ref,
    )


class Left(Protocol):
    """What is left of components that are not installed any more."""

    @property
    def components(self) -> tuple[str, ...]:
        """Their names."""


def chosen(records: Mapping[str, Record], names: Collection[str], left: Iterable[Left]) -> list[str]:
    """The installed components among the names (default: all). Raises BadInput for names of nothing at all."""
    known = {name for item in left for name in item.components}
    rest = [name for name in names if name in records or name not in known]
    return check(records, rest) if rest or not names else []


def _kept(obj: Obj) -> Retained:
    notes = obj["metadata"].get("annotations") or {}
    gone, why = words(notes.get(GONE, "")), notes.get(FOR, DATA)
    return Retained(ref_of(obj), words(notes.get(OF, "")), notes.get(SINCE, ""), gone, why)


def words(text: str) -> tuple[str, ...]:
    """The names in a list with commas."""
    return tuple(word for word in text.split(",") if word)
