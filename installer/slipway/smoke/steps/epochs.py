"""How long to train: a small data set needs more rounds than a large one."""

from __future__ import annotations

from slipway.smoke.options import SmokeOptions
from slipway.smoke.results import Dataset

#: Up to so many images a data set is small.
SMALL = 10_000


def of_trial(options: SmokeOptions, dataset: Dataset) -> int:
    """Epochs of one trial."""
    return options.epochs or (5 if dataset.train <= SMALL else 1)


def of_training(options: SmokeOptions, dataset: Dataset) -> int:
    """Epochs of the full training."""
    return options.train_epochs or (16 if dataset.train <= SMALL else 3)
