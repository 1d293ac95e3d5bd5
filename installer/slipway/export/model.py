"""Rendered components as what is applied together, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from slipway.catalog import SecretSpec
from slipway.kube.objects import Obj, Ref, identity, ref_of
from slipway.release.objects.order import CUSTOM, DEFINITIONS, NAMESPACES, stage
from slipway.release.ownership.empty_namespace import in_every_namespace
from slipway.release.secrets.spec import ref_for
from slipway.render import Rendered

#: Path below the repository → text.
Files = dict[str, str]
PartKind = Literal["definitions", "objects", "resources"]
#: What removing a component from the repository must not remove: people's data.
KEPT = frozenset({"Namespace", "PersistentVolume", "PersistentVolumeClaim"})


@dataclass(frozen=True)
class Part:
    """What is applied at once: a component's namespaces and CRDs, its objects, or its custom resources.

    The last come when the others are ready, as their own component's webhooks may look at them. ``timeout``: seconds.
    """

    component: str
    kind: PartKind
    objects: tuple[Obj, ...]
    timeout: int

    @property
    def path(self) -> str:
        """The part's directory."""
        return f"components/{self.component}/{self.kind}"

    @property
    def name(self) -> str:
        """A name that is no other part's."""
        return self.component if self.kind == "objects" else f"{self.component}-{self.kind}"


@dataclass(frozen=True)
class Secret:
    """A Secret that must exist, and for which component."""

    component: str
    ref: Ref
    spec: SecretSpec


@dataclass(frozen=True)
class Step:
    """Parts that may be applied side by side, when all steps before are ready. ``wave`` is the catalog's, -1: none."""

    name: str
    wave: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Repository:
    """All that an export is made of. ``requires``: component → components that come before it."""

    overlay: str
    project: str
    version: str
    waves: tuple[tuple[str, ...], ...]
    requires: Mapping[str, tuple[str, ...]]
    parts: tuple[Part, ...]
    secrets: tuple[Secret, ...]
    namespaces: Mapping[str, str]

    def of(self, component: str) -> list[Part]:
        """A component's parts in their order."""
        return [part for part in self.parts if part.component == component]

    def steps(self) -> list[Step]:
        """Definitions first, then wave by wave objects, and what their webhooks look at."""
        ordered = [Step("00-definitions", -1, tuple(part for part in self.parts if part.kind == "definitions"))]
        for number, wave in enumerate(self.waves):
            for kind in ("objects", "resources"):
                parts = tuple(part for part in self.parts if part.kind == kind and part.component in wave)
                if parts:
                    ordered.append(Step(f"{len(ordered):02d}-wave-{number + 1}-{kind}", number, parts))
        return ordered


def repository(
    rendered: Mapping[str, Rendered],
    waves: Sequence[Sequence[str]],
    requires: Mapping[str, tuple[str, ...]],
    timeouts: Mapping[str, int],
    *,
    overlay: str,
    project: str,
    version: str,
) -> Repository:
    """The parts of rendered components. What two components bring belongs to the one that comes first."""
    parts: list[Part] = []
    seen: set[object] = set()
    for name in (name for wave in waves for name in wave):
        # Helm takes nothing over that it has not made.
        own = [
            obj
            for obj in rendered[name].objects
            if identity(ref := ref_of(obj)) not in seen and not in_every_namespace(ref)
        ]
        seen |= {identity(ref_of(obj)) for obj in own}
        parts += _parts(name, own, timeouts[name])
    secrets = [
        Secret(name, ref_for(spec, project), spec)
        for wave in waves
        for name in wave
        for spec in rendered[name].component.secrets
    ]
    return Repository(
        overlay=overlay,
        project=project,
        version=version,
        waves=tuple(map(tuple, waves)),
        requires=requires,
        parts=tuple(parts),
        secrets=tuple(secrets),
        namespaces={name: item.component.namespace for name, item in rendered.items()},
    )


def part_of(ref: Ref) -> PartKind:
    """In which of its component's parts an object stands."""
    position = stage(ref)
    if position in (NAMESPACES, DEFINITIONS):
        return "definitions"
    return "resources" if position == CUSTOM else "objects"


def _parts(name: str, objects: Sequence[Obj], timeout: int) -> list[Part]:
    parts = []
    kinds: tuple[PartKind, ...] = ("definitions", "objects", "resources")
    for kind in kinds:
        own = [obj for obj in objects if part_of(ref_of(obj)) == kind]
        if own:
            own.sort(key=lambda obj: (stage(ref_of(obj)), ref_of(obj)))
            parts.append(Part(name, kind, tuple(own), timeout))
    return parts
