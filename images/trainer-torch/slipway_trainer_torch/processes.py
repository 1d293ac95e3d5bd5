"""One process or several: the environment that the training operator gives a PyTorchJob's pods."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

#: How long the processes wait for each other: a worker's pod may start later than the master's.
MEETING = timedelta(seconds=120)


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


def join(net: nn.Module, here: Place) -> nn.Module:
    """The network, or with several processes the one that averages gradients over them by gloo."""
    if here.ranks == 1:
        return net
    # MASTER_ADDR and MASTER_PORT come from the environment.
    dist.init_process_group("gloo", rank=here.rank, world_size=here.ranks, timeout=MEETING)
    return DistributedDataParallel(net)


def leave(here: Place) -> None:
    """Wait until every process has come to its end, so that none sees a connection break."""
    if here.ranks > 1:
        dist.barrier()
        dist.destroy_process_group()
