"""What remains of many builds, from how the run has gone so far: values in, values out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from slipway.artifacts.expected import Expected
from slipway.artifacts.model import Node

#: What has to be known as done before a run says something about its rest: this part of the whole, and so many expected
#: seconds or (of a small run) this larger part.
_BASIS_PART, _BASIS_SECONDS, _BASIS_LARGE = 0.03, 30.0, 0.25
#: Seconds before which nothing is said: a find in the cache at the start is not a pace.
_EARLY = 15.0
#: Of a build this part has to be done before its own pace counts.
_PACE = 0.05
#: A build whose log does not say how far it is counts as done to this part at most.
_MOST = 0.9


@dataclass(frozen=True)
class Running:
    """A build under way: ``seconds`` so far, ``part`` done (0…1) where its log says it."""

    seconds: float
    part: float | None = None


def remaining(
    nodes: Sequence[Node],
    finished: Collection[str],
    running: Mapping[str, Running],
    expected: Expected,
    elapsed: float,
) -> float | None:
    """Seconds until all nodes (needs first) are built, None as long as there is no basis for saying it.

    ``elapsed`` seconds have brought a part of the expected ones; the rest comes as quickly, but not before the longest
    chain of builds that is left.
    """
    whole = sum(expected[node.id] for node in nodes)
    left = {node.id: _left(expected[node.id], running.get(node.id)) for node in nodes if node.id not in finished}
    done = whole - sum(left.values())
    # Builds whose log says nothing are guessed to be on time: no basis for saying how the run goes.
    guessed = sum(expected[name] - left[name] for name, item in running.items() if item.part is None)
    if done - guessed < max(_BASIS_PART * whole, min(_BASIS_SECONDS, _BASIS_LARGE * whole)) or elapsed < _EARLY:
        return None
    # How long a build takes among the others, measured by what is expected of it; the estimate of a chain needs it.
    slowness = _slowness(running, expected)
    chain: dict[str, float] = {}
    for node in nodes:
        before = max((chain.get(need, 0.0) for need in node.needs), default=0.0)
        chain[node.id] = before + left.get(node.id, 0.0)
    return max(elapsed * sum(left.values()) / done, slowness * max(chain.values(), default=0.0))


def _left(expected: float, running: Running | None) -> float:
    if running is None:
        return expected
    part = running.part if running.part is not None else min(running.seconds / expected, _MOST)
    return expected * (1.0 - part)


def _slowness(running: Mapping[str, Running], expected: Expected) -> float:
    known = {name: item for name, item in running.items() if item.part and item.part > _PACE}
    usual = sum(expected[name] * (item.part or 0.0) for name, item in known.items())
    return sum(item.seconds for item in known.values()) / usual if usual else 1.0


def spoken(seconds: float) -> str:
    """``about 12 min``: no more precise than it is."""
    if seconds < 20:
        return "less than 30 s"
    if seconds < 45:
        return "about 30 s"
    if seconds < 90:
        return "about 1 min"
    if seconds < 20 * 60:
        return f"about {round(seconds / 60)} min"
    if seconds < 90 * 60:
        return f"about {5 * round(seconds / 300)} min"
    return f"about {seconds / 3600:.1f} h"
