"""What an uninstallation deletes, what stays, and in which order. Pure functions of the inventory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from slipway.catalog.graph import levels
from slipway.errors import BadInput
from slipway.kube import Ref
from slipway.kube.objects import identity
from slipway.release.state.inventory import Record

DATA_KINDS = {"PersistentVolumeClaim", "PersistentVolume"}


@dataclass(frozen=True)
class Removal:
    """What is deleted and what stays, decided from the inventory. ``definitions`` are the CRDs among ``refs``.

    ``custom`` is what of ``kept`` stays for custom resources only: CRDs, and namespaces with users' objects in them.
    ``theirs`` are not of Slipway's making: they stay, whatever is asked for. ``shared`` are namespaces that stay for
    what others have in them, with it.
    """

    refs: tuple[Ref, ...]
    kept: tuple[Ref, ...]
    custom: tuple[Ref, ...] = ()
    theirs: tuple[Ref, ...] = ()
    shared: Mapping[Ref, tuple[Ref, ...]] = field(default_factory=dict)

    @property
    def definitions(self) -> list[Ref]:
        """The CRDs: all their objects are deleted before them."""
        return [ref for ref in self.refs if ref.kind == "CustomResourceDefinition"]


def choose(records: Mapping[str, Record], names: Iterable[str], project: str, *, delete_data: bool) -> Removal:
    """Objects of ``names`` that no remaining component has. Volumes and the project namespace are data."""
    wanted = set(names)
    remaining = {identity(ref) for name, record in records.items() if name not in wanted for ref in record.all}
    refs: set[Ref] = set()
    kept: set[Ref] = set()
    for name in wanted:
        for ref in records[name].all:
            if identity(ref) in remaining:
                continue
            is_data = ref.kind in DATA_KINDS or (ref.kind == "Namespace" and ref.name == project)
            (kept if is_data and not delete_data else refs).add(ref)
    return Removal(tuple(sorted(refs)), tuple(sorted(kept)))


def without(removal: Removal, theirs: Collection[Ref]) -> Removal:
    """Of what Slipway did not make nothing is deleted, and nothing kept as its own."""
    refs, kept = (tuple(ref for ref in group if ref not in theirs) for group in (removal.refs, removal.kept))
    return replace(removal, refs=refs, kept=kept, theirs=tuple(sorted(theirs)))


def keeping(removal: Removal, places: Collection[str]) -> Removal:
    """CRDs stay, and those of the namespaces that are ``places`` of users' objects."""
    stays = {*removal.definitions, *(ref for ref in removal.refs if ref.kind == "Namespace" and ref.name in places)}
    refs = tuple(ref for ref in removal.refs if ref not in stays)
    return replace(removal, refs=refs, kept=tuple(sorted({*removal.kept, *stays})), custom=tuple(sorted(stays)))


def check(records: Mapping[str, Record], names: Iterable[str]) -> list[str]:
    """The names to remove (default: all). Raises BadInput for unknown ones and for those that others require."""
    wanted = list(names) or list(records)
    for name in wanted:
        if name not in records:
            raise BadInput(f"'{name}' is not installed", remedy=f"installed: {', '.join(sorted(records)) or 'nothing'}")
        users = sorted(other for other, r in records.items() if name in r.requires and other not in wanted)
        if users:
            raise BadInput(f"'{name}' is required by {', '.join(users)}", remedy="uninstall these, too")
    return wanted


#: Components, and those of their objects that go with them.
Round = tuple[list[str], list[Ref]]


def rounds(records: Mapping[str, Record], names: Iterable[str], refs: Iterable[Ref]) -> list[Round]:
    """(components, their objects) from those that nothing requires down to those that all the others stand on.

    So a volume's provisioner outlives the claims. An object of several components goes with the last of them.
    """
    wanted = set(names)
    graph = {name: tuple(other for other in records[name].requires if other in wanted) for name in wanted}
    left, ordered = set(refs), list[Round]()
    waves = levels(graph)
    for index in range(len(waves) - 1, -1, -1):
        below = {identity(ref) for wave in waves[:index] for name in wave for ref in records[name].all}
        mine = {identity(ref) for name in waves[index] for ref in records[name].all} - below
        here = sorted(ref for ref in left if identity(ref) in mine)
        ordered.append((waves[index], here))
        left -= set(here)
    # What was found beside the records goes where it cannot disturb: at the end of the first round.
    if left and ordered:
        ordered[0] = (ordered[0][0], sorted([*ordered[0][1], *left]))
    return ordered
