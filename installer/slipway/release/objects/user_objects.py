"""Which objects of the platform's kinds are users', and how many are reported in a few lines. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from slipway.kube import Obj, Ref, ref_of
from slipway.kube.objects import identity

#: Names in one line before "and N more".
MOST = 8


@dataclass(frozen=True, order=True)
class Group:
    """Users' objects of one kind in one namespace ("" for none).

    ``names`` are those that stand for themselves, ``dependents`` counts those that belong to other users' objects, as
    Trials belong to their Experiment.
    """

    api_version: str
    kind: str
    namespace: str
    names: tuple[str, ...]
    dependents: int = 0

    def __str__(self) -> str:
        """``11 Workflow in workbench: a, b, c, d, e, f, g, h and 3 more``."""
        place = f" in {self.namespace}" if self.namespace else ""
        count = len(self.names) + self.dependents
        if not self.names:
            return f"{count} {self.kind}{place}, made by objects listed here"
        cut = f" and {len(self.names) - MOST} more" if len(self.names) > MOST else ""
        also = f"; {self.dependents} made by objects listed here" if self.dependents else ""
        return f"{count} {self.kind}{place}: {', '.join(self.names[:MOST])}{cut}{also}"


def of_users(objects: Iterable[Obj], own: Collection[Ref]) -> list[Obj]:
    """Those that are neither Slipway's ``own`` nor made by what is."""
    objects, ours = list(objects), {identity(ref) for ref in own}
    by_uid = {obj["metadata"]["uid"]: obj for obj in objects}
    return [obj for obj in objects if not any(identity(ref_of(one)) in ours for one in _line(obj, by_uid))]


def grouped(objects: Iterable[Obj]) -> tuple[Group, ...]:
    """Users' objects by kind and namespace."""
    objects = list(objects)
    by_uid = {obj["metadata"]["uid"]: obj for obj in objects}
    names: dict[tuple[str, str, str], list[str]] = {}
    dependents: dict[tuple[str, str, str], int] = {}
    for obj in objects:
        ref = ref_of(obj)
        key = (ref.api_version, ref.kind, ref.namespace)
        if any(owner in by_uid for owner in _owners(obj)):
            dependents[key] = dependents.get(key, 0) + 1
        else:
            names.setdefault(key, []).append(ref.name)
    keys = {*names, *dependents}
    groups = [Group(*key, tuple(sorted(names.get(key, ()))), dependents.get(key, 0)) for key in keys]
    # What stands for itself before what was made by it.
    return tuple(sorted(groups, key=lambda group: (not group.names, group.kind, group)))


def _owners(obj: Obj) -> list[str]:
    return [owner["uid"] for owner in obj["metadata"].get("ownerReferences") or []]


def _line(obj: Obj, by_uid: dict[str, Obj]) -> Iterator[Obj]:
    """The object, its owners, theirs, and so on, as far as they are listed."""
    seen, left = set[str](), [obj]
    while left:
        one = left.pop()
        if one["metadata"]["uid"] not in seen:
            seen.add(one["metadata"]["uid"])
            yield one
            left += [by_uid[uid] for uid in _owners(one) if uid in by_uid]
