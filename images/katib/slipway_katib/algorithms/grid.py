"""Every combination once, in an order that the seed fixes.

Optuna's own grid sampler keeps its place in a study; here the place is what the Suggestion already holds.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

from slipway_katib.algorithms.settings import BadSettings
from slipway_katib.space import Axis, Range

#: All combinations are held in memory while one is chosen.
MAX_COMBINATIONS = 100_000


def combinations(axes: Sequence[Axis]) -> int:
    """How many there are. Raises BadSettings when there is no end of them."""
    counts: list[int] = []
    for axis in axes:
        count = axis.count()
        if count is None:
            raise BadSettings(
                f"Param {axis.name} step is nil; For discrete search space, all parameters must include step"
            )
        if isinstance(axis, Range) and axis.distribution != "uniform":
            raise BadSettings(f"Param {axis.name}: a grid knows no distribution {axis.distribution}")
        counts.append(count)
    total = math.prod(counts)
    if total > MAX_COMBINATIONS:
        raise BadSettings(f"the grid has {total} combinations, more than the {MAX_COMBINATIONS} that are supported")
    return total


def check(axes: Sequence[Axis], max_trial_count: int | None) -> None:
    """Raises BadSettings when the grid is smaller than the number of trials, or no grid at all."""
    total = combinations(axes)
    if max_trial_count is not None and max_trial_count > total:
        raise BadSettings(f"Max Trial Count: {max_trial_count} > all possible search combinations: {total}")


def next_points(axes: Sequence[Axis], used: Sequence[Mapping[str, str]], count: int, salt: str) -> list[dict[str, str]]:
    """``count`` combinations that are not among ``used``. Raises BadSettings when there are too few."""
    combinations(axes)
    names = [axis.name for axis in axes]
    points = list(itertools.product(*(list(axis.grid()) for axis in axes)))
    Random(salt).shuffle(points)  # noqa: S311 - an order, no secret
    gone = Counter(tuple(one.get(name, "") for name in names) for one in used)
    free = [point for point in points if point not in gone]
    if len(free) < count:
        raise BadSettings(f"the grid has {len(points)} combinations and {len(free)} are left, {count} are wanted")
    return [dict(zip(names, point, strict=True)) for point in free[:count]]
