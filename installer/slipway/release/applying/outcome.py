"""What became of an installation, component by component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from slipway.errors import SlipwayError
from slipway.release.state.inventory import Release

if TYPE_CHECKING:
    from slipway.readiness.probe import Passed

Result = Literal["unchanged", "ready", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What became of one component. ``seconds``: apply, images, ready, probes, each only when done."""

    component: str
    version: str
    edition: str
    result: Result
    why: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    probes: tuple[Passed, ...] = ()
    error: SlipwayError | None = None
    #: False where nothing was to be applied: it was only waited for and probed.
    applied: bool = True

    @property
    def total(self) -> float:
        """Seconds from start to end."""
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Installation:
    """The outcomes in the order of the graph, and the release that the cluster holds now."""

    outcomes: tuple[Outcome, ...]
    release: Release

    @property
    def ok(self) -> bool:
        """Whether every component is ready."""
        return all(outcome.result in ("ready", "unchanged") for outcome in self.outcomes)

    @property
    def idle(self) -> bool:
        """Whether nothing was done at all, not even probed."""
        return all(outcome.result == "unchanged" for outcome in self.outcomes)

    @property
    def changed(self) -> bool:
        """Whether anything may be different in the cluster now: probes alone change nothing."""
        return any(outcome.result != "unchanged" and outcome.applied for outcome in self.outcomes)
