"""Between a parameter and the variable that Optuna samples.

Optuna has uniform and log-uniform distributions, steps only with the former. A bell is sampled through its quantile
function; a step with another distribution by going to the next feasible value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slipway_katib.space import Axis, Choice, Range


@dataclass(frozen=True)
class Latent:
    """``decode``: sampled value → text of the assignment; ``encode``: the way back (ValueError when it has none)."""

    name: str
    distribution: Any
    decode: Callable[[Any], str]
    encode: Callable[[str], Any]


def latent_of(axis: Axis) -> Latent:
    """The variable for one axis."""
    from optuna.distributions import CategoricalDistribution

    if isinstance(axis, Choice):
        return Latent(axis.name, CategoricalDistribution(list(axis.values)), str, str)
    if axis.distribution in ("normal", "logNormal"):
        return _bell(axis)
    return _flat(axis)


def _flat(axis: Range) -> Latent:
    from optuna.distributions import FloatDistribution, IntDistribution

    log = axis.distribution == "logUniform"
    low, high = axis.low, axis.high if log else axis.last()
    step = None if log else axis.step

    def decode(value: float) -> str:
        return axis.text(axis.snap(value))

    if axis.integer:
        distribution: Any = IntDistribution(int(low), int(high), log=log, step=int(step or 1))
        return Latent(axis.name, distribution, decode, int)
    # A continuum that is a point (or so narrow) has no step.
    distribution = FloatDistribution(float(low), float(high), log=log, step=float(step) if step else None)
    return Latent(axis.name, distribution, decode, float)


def _bell(axis: Range) -> Latent:
    from optuna.distributions import FloatDistribution

    bell = axis.bell()
    log = axis.distribution == "logNormal"
    bottom, top = bell.cdf(bell.mean - 3 * bell.stdev), bell.cdf(bell.mean + 3 * bell.stdev)

    def decode(value: float) -> str:
        number = bell.inv_cdf(bottom + value * (top - bottom))
        return axis.text(axis.snap(math.exp(number) if log else number))

    def encode(text: str) -> float:
        number = math.log(float(text)) if log else float(text)
        return min(max((bell.cdf(number) - bottom) / (top - bottom), 0.0), 1.0)

    return Latent(axis.name, FloatDistribution(0.0, 1.0), decode, encode)
