"""The layers that need the platform: it is brought up, tested, and taken down again.

A platform that a user already has here is tested too, but neither killed nor removed (CI=true: it is).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import layers_report as report
from layers_model import DOWN, UP, Layer, Result
from layers_schedule import Run, play

NOT_OURS = (
    "a cluster is here already and is neither killed nor removed: 'make lifecycle' does that, 'make down' ends it"
)


@dataclass(frozen=True)
class Place:
    """``slipway``: the program. ``kubeconfig``: of the embedded cluster; where it is, there is a cluster."""

    slipway: Path
    kubeconfig: Path


def play_platform(
    layers: Sequence[Layer], place: Place, run: Run, tell: Callable[[Result], None], *, demanded: bool
) -> None:
    """Bring it up, run the layers one by one, take it down if it was not here before. Raises Interrupted after that."""
    ours = demanded or not place.kubeconfig.exists()
    # The tests write to the cluster that this names: never to another of the user's.
    run = replace(run, abreast=1, environment={**run.environment, "KUBECONFIG": str(place.kubeconfig)})
    results: list[Result] = []

    def keep(result: Result) -> None:
        results.append(result)
        tell(result)

    def slipway(layer: Layer, *words: str) -> Layer:
        # Not a layer of tests; what it starts is to stay.
        return replace(layer, platform=True, command=(str(place.slipway), *words))

    try:
        play([slipway(UP, "up", "--overlay", "embedded")], run, keep)
        if report.code(results):
            for layer in layers:
                tell(report.not_run(layer, "'slipway up' failed", demanded=demanded))
            return
        # Each a process of its own: what others clean up at their end needs the cluster that the last one removes.
        ending = [layer for layer in layers if layer.name == "lifecycle"]
        play([layer for layer in layers if ours or layer not in ending], run, keep)
        if not ours:
            for layer in ending:
                tell(report.not_run(layer, NOT_OURS, demanded=False))
    finally:
        if ours:
            play([slipway(DOWN, "down", "--data")], run, tell)
