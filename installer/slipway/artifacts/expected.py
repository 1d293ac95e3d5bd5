"""How long builds are expected to take: as long as they took here before, else what is typical."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from slipway.artifacts import store
from slipway.artifacts.model import Node

#: Seconds by node's id, only to be compared with each other.
Expected = Mapping[str, float]


@cache
def _data() -> dict[str, Any]:
    return dict(yaml.safe_load((resources.files("slipway.artifacts") / "typical.yaml").read_text()))


def typical(node: Node) -> float:
    """Seconds of the data file ``typical.yaml``."""
    return float(_data().get(node.id, _data()["other"][node.kind]))


def earlier(node: Node) -> float | None:
    """Seconds that the newest build of this artifact took on this machine, whatever its sources were."""
    built = (artifact for artifact in map(store.read, store.builds(node)) if artifact.origin == "build")
    return next((artifact.seconds for artifact in built if artifact.seconds > 0), None)


def of(nodes: Iterable[Node]) -> dict[str, float]:
    """Expected seconds of each node by id. Reads a small file for each earlier build."""
    nodes = list(nodes)
    return scaled({node.id: typical(node) for node in nodes}, {node.id: earlier(node) for node in nodes})


def scaled(usual: Expected, measured: Mapping[str, float | None]) -> dict[str, float]:
    """What was measured where it was, else what is usual, in the measure of this machine."""
    known = {name: seconds for name, seconds in measured.items() if seconds}
    factor = sum(known.values()) / sum(usual[name] for name in known) if known else 1.0
    return {name: known.get(name, seconds * factor) for name, seconds in usual.items()}
