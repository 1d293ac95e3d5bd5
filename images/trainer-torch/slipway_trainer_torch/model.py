"""The network, and the form in which it is served."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Net(nn.Module):  # type: ignore[misc]  # torch brings no types that are checked
    """Two convolutions and two linear layers: images ``[n, 1, 28, 28]`` to logits ``[n, 10]``."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 24, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(),
        )
        self.classify = nn.Sequential(
            nn.Flatten(), nn.Linear(24 * 7 * 7, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits of images."""
        logits: Tensor = self.classify(self.features(images))
        return logits


class Served(nn.Module):  # type: ignore[misc]
    """What is exported: rows ``[n, 784]`` of values 0…1 to probabilities ``[n, 10]``."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, rows: Tensor) -> Tensor:
        """Probabilities of rows."""
        return torch.softmax(self.net(rows.reshape(-1, 1, 28, 28)), dim=1)
