"""What the API server would not change in volumes, claims and StorageClasses. Pure functions of objects.

Source: the API conventions of PersistentVolume (its source), PersistentVolumeClaim (all but a larger request) and
StorageClass (provisioner, parameters, reclaimPolicy, volumeBindingMode).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.kube import Obj, Ref, ref_of
from slipway.kube.quantity import amount
from slipway.release.objects.snapshot import Find

VOLUME, CLAIM, CLASS = "PersistentVolume", "PersistentVolumeClaim", "StorageClass"
KINDS = {(VOLUME, "v1"), (CLAIM, "v1"), (CLASS, "storage.k8s.io/v1")}
SIZE = "spec.resources.requests.storage"

#: Parts of a volume's spec beside its source.
_BESIDE_SOURCE = {
    "accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy",
    "storageClassName", "volumeAttributesClassName", "volumeMode",
}  # fmt: skip
_OF_CLAIM = ("storageClassName", "volumeName", "volumeMode", "accessModes")
_OF_CLASS = ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")


@dataclass(frozen=True, order=True)
class Change:
    """A field that cannot become what is wanted: "" stands for absent."""

    ref: Ref
    field: str
    old: str
    new: str

    @property
    def moves(self) -> bool:
        """Whether the data would be looked for elsewhere."""
        return self.ref.kind == VOLUME or (self.ref.kind == CLAIM and self.field != SIZE)

    def __str__(self) -> str:
        return f"{self.ref}: {self.field} is {self.old or 'not set'}, wanted is {self.new or 'nothing'}"


def changes(objects: Iterable[Obj], live: Find) -> list[Change]:
    """Every field of volumes, claims and classes among ``objects`` that what is there forbids to change."""
    differences: list[Change] = []
    for obj in objects:
        ref = ref_of(obj)
        if (ref.kind, ref.api_version) in KINDS and (present := live(ref)) is not None:
            differences += [Change(ref, field, old, new) for field, old, new in _differences(ref.kind, present, obj)]
    return sorted(differences)


def _differences(kind: str, old: Obj, new: Obj) -> Iterator[tuple[str, str, str]]:
    if kind == VOLUME:
        yield from _compare("spec", _source(old), _source(new))
    elif kind == CLASS:
        yield from _compare("", {k: old.get(k) for k in _OF_CLASS if k in new}, {k: new.get(k) for k in _OF_CLASS})
    else:
        before, after = old.get("spec") or {}, new.get("spec") or {}
        fields = {key: after[key] for key in _OF_CLAIM if key in after}
        yield from _compare("spec", {key: before.get(key) for key in fields}, fields)
        yield from _size(before, after)


def _source(volume: Obj) -> dict[str, Any]:
    return {key: value for key, value in (volume.get("spec") or {}).items() if key not in _BESIDE_SOURCE}


def _size(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """A request may only grow, and only that of a volume that a class has made."""
    old, new = _request(before), _request(after)
    if not old or not new or amount(old) == amount(new):
        return
    if amount(new) < amount(old) or not before.get("storageClassName"):
        yield SIZE, old, new


def _request(spec: Mapping[str, Any]) -> str:
    return str(((spec.get("resources") or {}).get("requests") or {}).get("storage", ""))


def _compare(path: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """Leaves that differ. What a server fills in beside the wanted values of a mapping is no difference."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            if new.get(key) is None and path.startswith("spec."):
                continue
            yield from _compare(f"{path}.{key}".lstrip("."), old.get(key), new.get(key))
    elif old != new and not (old in (None, "") and new in (None, "")):
        yield path, _text(old), _text(new)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(inner)}" for key, inner in sorted(value.items())) + "}"
    return "" if value is None else str(value)
