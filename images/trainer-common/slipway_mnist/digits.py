"""The handwritten digits that scikit-learn ships, brought to MNIST's form.

Source: "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak; UCI), 1797 images of 8x8 with grey values
0…16, one line each: 64 values and the label.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slipway_mnist.dataset import SIDE, Dataset, Part
from slipway_mnist.split import stratified

#: Where the image build puts the file.
FILE = Path("/opt/slipway/digits.csv.gz")
SMALL = 8
#: MNIST's digits fill 20x20 pixels in the middle of 28x28.
INNER = 20
HELD_OUT = 0.2


def resampling(source: int, target: int) -> NDArray[np.float64]:
    """The matrix ``[target, source]`` that enlarges a line of samples by Catmull-Rom interpolation; rows sum to 1."""
    centres = (np.arange(target) + 0.5) * source / target - 0.5
    distance = np.abs(centres[:, None] - np.arange(-2, source + 2)[None, :])
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    wide = np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))
    # Beyond the border there is empty paper, but a line that touches the border goes on: repeat the last sample.
    matrix = wide[:, 2:-2].copy()
    matrix[:, 0] += wide[:, :2].sum(axis=1)
    matrix[:, -1] += wide[:, -2:].sum(axis=1)
    return matrix


def enlarge(images: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Images ``[n, 8, 8]`` with values 0…16 as ``[n, 28, 28]`` with grey values 0…255."""
    matrix = resampling(SMALL, INNER)
    inner = np.clip(matrix @ (images * (255 / 16)) @ matrix.T, 0, 255)
    border = (SIDE - INNER) // 2
    return np.pad(np.rint(inner), ((0, 0), (border, border), (border, border))).astype(np.uint8)


def load(file: Path = FILE, *, seed: int = 20) -> Dataset:
    """The digits, split into training and held-out parts: stratified, the same for the same seed."""
    with gzip.open(file, "rt", encoding="ascii") as lines:
        table = np.loadtxt(lines, delimiter=",")
    images = enlarge(table[:, :-1].reshape(-1, SMALL, SMALL))
    labels = table[:, -1].astype(np.uint8)
    train, held_out = stratified(labels, HELD_OUT, seed)
    return Dataset(Part(images[train], labels[train]), Part(images[held_out], labels[held_out]))
