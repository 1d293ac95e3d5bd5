"""The layers of `make test`: in which order, what each takes, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Layer:
    """A target of the Makefile (``command``: something else). What it takes of the machine is judged before it starts:

    ``machines``: makes machines in namespaces, or what they are made of. ``platform``: works on the platform that
    stands here. ``gib`` of disk, ``memory`` in GiB. ``beside``: names of layers that may run at the same time: neither
    has ports, groups or names that the other uses. ``budget``: seconds that it is meant to take with caches on two
    cores; told, never judged.
    """

    name: str
    budget: int
    machines: bool = False
    platform: bool = False
    gib: float = 0
    memory: float = 0
    beside: frozenset[str] = frozenset()
    command: Sequence[str] = ()

    def words(self, junit: str) -> list[str]:
        """Its command line, which writes its results to the file ``junit``."""
        return list(self.command) or ["make", "--no-print-directory", self.name, f"JUNIT={junit}"]

    def tolerates(self, other: Layer) -> bool:
        """Whether the two may run at the same time."""
        return other.name in self.beside or self.name in other.beside


@dataclass(frozen=True)
class Result:
    """``passed``, ``failed`` and ``skipped`` count tests, or the layer itself where it has none; ``seconds`` is wall
    time. ``why``: why it did not run, or did not end as it should. ``longest``: (module, seconds)."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    budget: int = 0
    why: str = ""
    longest: Sequence[tuple[str, float]] = field(default=())


#: Hosts wait for ssh and ansible, the API server's tests for controllers; the machine without a network has a network,
#: groups and a file system of its own. Not beside the platform: what removes it looks at every process of a pod.
LAYERS = (
    Layer("lint", 90),
    Layer("unit", 90),
    Layer("render", 60),
    # What is built within a test would be built within its time limits, with another layer beside it.
    Layer("artifacts", 15, machines=True),
    Layer("hosts", 720, machines=True, gib=8, memory=4, beside=frozenset({"api", "airgap"})),
    Layer("api", 540, memory=2),
    Layer("fresh", 480, machines=True, gib=12, memory=4),
    Layer("airgap", 240, machines=True, gib=12, memory=6),
    Layer("e2e", 600, platform=True),
    Layer("conformance", 180, platform=True),
    Layer("infra", 180, platform=True),
    Layer("lifecycle", 60, platform=True),
)
UP, DOWN = Layer("up", 150), Layer("down", 15)
