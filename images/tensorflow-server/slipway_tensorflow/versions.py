"""Which versions of a model are served: the policy, and the order of a change that leaves no gap. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Policy:
    """``latest``: the ``count`` highest numbers; ``all``; ``specific``: those of ``numbers``, where they are there."""

    kind: Literal["latest", "all", "specific"] = "latest"
    count: int = 1
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ModelConfig:
    """A model's name, its directory of versions, which of them are served, and label → version."""

    name: str
    base_path: str
    policy: Policy = Policy()
    labels: Mapping[str, int] = field(default_factory=dict)


def numbered(names: Iterable[str]) -> dict[int, str]:
    """Version → directory, of the names of a base path that are whole numbers; others are none of the model's."""
    found: dict[int, str] = {}
    for name in sorted(names):
        # isascii: int() reads digits of any script, and "1_000".
        if name.isascii() and name.isdigit() and int(name) < 2**63:
            found.setdefault(int(name), name)
    return found


def aspired(there: Collection[int], policy: Policy) -> set[int]:
    """The versions that should be served, of those that are there."""
    if policy.kind == "all":
        return set(there)
    if policy.kind == "specific":
        return set(there) & policy.numbers
    return set(sorted(there)[-max(policy.count, 1) :])


@dataclass(frozen=True)
class Plan:
    """What to do next, in this order: ``load`` each, then ask again; ``unload`` only what is replaced by then."""

    load: tuple[int, ...] = ()
    unload: tuple[int, ...] = ()


def plan(wanted: set[int], serving: set[int], broken: set[int]) -> Plan:
    """New versions are loaded before old ones go, and old ones stay for as long as no wanted one can be served.

    ``broken`` are versions whose load failed and whose files are still the same.
    """
    load = tuple(sorted(wanted - serving - broken))
    replaced = not wanted or bool(wanted & serving)
    return Plan(load, tuple(sorted(serving - wanted)) if replaced and not load else ())
