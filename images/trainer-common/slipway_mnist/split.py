"""Dividing a labelled set so that each part has every class in the same proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def stratified(labels: NDArray[np.uint8], share: float, seed: int) -> tuple[Indices, Indices]:
    """Indices (rest, part): ``part`` has ``share`` of every class, rounded; both in random order, fixed by ``seed``."""
    if not 0 < share < 1:
        raise ValueError(f"a share is between 0 and 1, not {share}")
    random = np.random.default_rng(seed)
    rest: list[Indices] = []
    part: list[Indices] = []
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        count = round(len(members) * share)
        part.append(members[:count])
        rest.append(members[count:])
    return random.permutation(np.concatenate(rest)), random.permutation(np.concatenate(part))
