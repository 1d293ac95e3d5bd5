"""The training loop: stochastic gradient descent with a cosine decay, random shifts, a measurement per epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from slipway_mnist.dataset import SIDE, Part
from torch import Tensor, nn
from torch.nn import functional

#: Digits are moved by up to so many pixels, so that a small data set does not get learnt by heart.
SHIFT = 1


@dataclass(frozen=True)
class Settings:
    """``batch`` is the size over all processes; ``rank`` of ``ranks`` processes trains its part of each batch."""

    lr: float
    momentum: float
    batch: int
    epochs: int
    seed: int
    rank: int = 0
    ranks: int = 1


@dataclass(frozen=True)
class Measured:
    """After an epoch (from 1): accuracy 0…1 and mean cross entropy on the held-out part."""

    epoch: int
    accuracy: float
    loss: float


def tensors(part: Part) -> tuple[Tensor, Tensor]:
    """Images ``[n, 1, 28, 28]`` with values 0…1, labels ``[n]``."""
    images = torch.from_numpy(part.rows()).reshape(-1, 1, SIDE, SIDE)
    return images, torch.from_numpy(part.labels.copy()).long()


def train(net: nn.Module, training: Part, held_out: Part, settings: Settings) -> Iterator[Measured]:
    """Train in place; yields a measurement per epoch. The same seed gives the same network."""
    images, labels = tensors(training)
    optimizer = torch.optim.SGD(net.parameters(), lr=settings.lr, momentum=settings.momentum)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.epochs)
    # All ranks draw the same order and the same shifts, and take every n-th image of a batch.
    random = torch.Generator().manual_seed(settings.seed)
    for epoch in range(1, settings.epochs + 1):
        net.train()
        order = torch.randperm(len(images), generator=random)
        for batch in order.split(settings.batch):
            horizontal, vertical = torch.randint(-SHIFT, SHIFT + 1, (2,), generator=random).tolist()
            mine = batch[settings.rank :: settings.ranks]
            if len(batch) < settings.ranks:
                continue
            optimizer.zero_grad()
            shifted = torch.roll(images[mine], (vertical, horizontal), (2, 3))
            functional.cross_entropy(net(shifted), labels[mine]).backward()
            optimizer.step()
        schedule.step()
        yield measure(net, held_out, epoch)


def measure(net: nn.Module, part: Part, epoch: int = 0) -> Measured:
    """Accuracy and loss on a part."""
    images, labels = tensors(part)
    net.eval()
    with torch.no_grad():
        logits = torch.cat([net(chunk) for chunk in images.split(1000)])
    correct = (logits.argmax(dim=1) == labels).float().mean().item()
    return Measured(epoch, correct, functional.cross_entropy(logits, labels).item())
