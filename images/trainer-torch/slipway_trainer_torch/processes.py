"""Processes that train together: gradients are averaged over them by gloo."""

from __future__ import annotations

from datetime import timedelta

import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from slipway_trainer_torch.place import Place

#: How long the processes wait for each other: a worker's Pod may start later than the master's.
MEETING = timedelta(seconds=120)


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
