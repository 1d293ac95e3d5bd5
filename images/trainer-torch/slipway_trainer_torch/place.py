"""Which of several processes this is: the environment that the training operator gives a PyTorchJob's Pods."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """This process among all: rank 0 is the master, which measures and saves."""

    rank: int
    ranks: int

    @property
    def master(self) -> bool:
        """Whether this is the master."""
        return self.rank == 0


def place(environment: Mapping[str, str] = os.environ) -> Place:
    """RANK and WORLD_SIZE; (0, 1) without them. Raises ValueError for values that contradict each other."""
    rank, ranks = int(environment.get("RANK", "0")), int(environment.get("WORLD_SIZE", "1"))
    if not 0 <= rank < ranks:
        raise ValueError(f"RANK={rank} with WORLD_SIZE={ranks}")
    return Place(rank, ranks)
