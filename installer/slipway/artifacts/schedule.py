"""Which builds run next: values in, values out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from slipway.artifacts.expected import Expected
from slipway.artifacts.model import Node

#: From so many cores on two Go builds run side by side.
_MANY_CORES = 5


def limits(cores: int) -> dict[str, int]:
    """How many builds of a kind run at once.

    One ``go build`` keeps four cores busy by itself, and two side by side compile what they share twice, because Go's
    cache has a package only when it is finished. Images mostly wait for the network or for one core: two of them fill
    what a Go build leaves (its link step runs on one core).
    """
    return {"binary": 1 if cores < _MANY_CORES else 2, "image": 2}


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def ranks(nodes: Sequence[Node], expected: Expected) -> dict[str, float]:
    """Seconds from the start of each node to the end of all that depends on it: the critical path (needs first)."""
    behind: dict[str, float] = {}
    for node in reversed(nodes):
        whole = expected[node.id] + behind.get(node.id, 0.0)
        for need in node.needs:
            behind[need] = max(behind.get(need, 0.0), whole)
    return {node.id: expected[node.id] + behind.get(node.id, 0.0) for node in nodes}


def choose(
    waiting: Iterable[Node], running: Iterable[Node], rank: Mapping[str, float], at_once: Mapping[str, int]
) -> list[Node]:
    """The nodes to start now: needs finished, a place of their kind free, the longest way to the end first."""
    waiting, running = list(waiting), list(running)
    unfinished = {node.id for node in [*waiting, *running]}
    free = {kind: count - sum(node.kind == kind for node in running) for kind, count in at_once.items()}
    chosen = []
    for node in sorted(waiting, key=lambda node: -rank[node.id]):
        if free[node.kind] > 0 and unfinished.isdisjoint(node.needs):
            free[node.kind] -= 1
            chosen.append(node)
    return chosen
