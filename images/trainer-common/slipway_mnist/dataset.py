"""A data set in a directory: four IDX files under MNIST's standard names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slipway_mnist import idx
from slipway_mnist.idx import BadIdx, Bytes

TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10


@dataclass(frozen=True)
class Part:
    """Images ``[n, 28, 28]`` with grey values 0…255, and their labels ``[n]`` 0…9."""

    images: Bytes
    labels: Bytes

    def __post_init__(self) -> None:
        if self.images.shape != (len(self.labels), SIDE, SIDE):
            raise BadIdx(f"images of shape {self.images.shape} for {len(self.labels)} labels")
        if len(self.labels) and self.labels.max() >= CLASSES:
            raise BadIdx(f"a label {self.labels.max()}, labels are 0…{CLASSES - 1}")

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self) -> NDArray[np.float32]:
        """The images as rows ``[n, 784]`` of values 0…1: what a model gets."""
        return self.images.reshape(len(self), PIXELS).astype(np.float32) / np.float32(255)


@dataclass(frozen=True)
class Dataset:
    """The training part and the held-out part, which no training sees."""

    train: Part
    held_out: Part


def read(directory: Path) -> Dataset:
    """The data set of a directory. Raises OSError or BadIdx."""
    images, labels, test_images, test_labels = (idx.read(directory / name) for name in FILES)
    return Dataset(Part(images, labels), Part(test_images, test_labels))


def write(directory: Path, dataset: Dataset) -> None:
    """Write the four files, compressed. Plain ones of a former data set would win over them and are removed."""
    directory.mkdir(parents=True, exist_ok=True)
    arrays = (dataset.train.images, dataset.train.labels, dataset.held_out.images, dataset.held_out.labels)
    for name, array in zip(FILES, arrays, strict=True):
        idx.write(directory / f"{name}.gz", array)
        (directory / name).unlink(missing_ok=True)
