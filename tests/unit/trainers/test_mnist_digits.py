"""scikit-learn's digits become 28x28, and are divided alike every time."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway_mnist import dataset, digits, idx
from slipway_mnist.split import stratified


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file of the same form with 200 pictures: a bright square for odd labels, noise for even ones."""
    random = np.random.default_rng(1)
    lines = []
    for number in range(200):
        label = number % 10
        picture = random.integers(0, 17, 64) if label % 2 == 0 else np.full(64, 16)
        lines.append(",".join(str(value) for value in [*picture, label]))
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def test_pictures_have_a_white_border_and_full_range(small: Path) -> None:
    data = digits.load(small)
    assert data.train.images.shape == (160, 28, 28)
    assert len(data.held_out) == 40
    images = np.concatenate([data.train.images, data.held_out.images])
    assert not images[:, :4].any()
    assert not images[:, -4:].any()
    assert not images[:, :, :4].any()
    assert not images[:, :, -4:].any()
    assert images.max() == 255


def test_even_areas_stay_even() -> None:
    # Interpolation must neither dim nor brighten a plain area, up to its border.
    image = digits.enlarge(np.full((1, 8, 8), 4.0))[0]
    assert set(image[4:24, 4:24].ravel()) == {64}


@given(st.integers(2, 20), st.integers(2, 40))
def test_resampling_keeps_brightness(source: int, target: int) -> None:
    matrix = digits.resampling(source, target)
    assert matrix.shape == (target, source)
    assert np.allclose(matrix.sum(axis=1), 1)


def test_each_label_is_held_out_in_proportion(small: Path) -> None:
    held_out = digits.load(small).held_out
    assert Counter(held_out.labels.tolist()) == dict.fromkeys(range(10), 4)


def test_the_same_seed_divides_alike(small: Path) -> None:
    one, two, other = digits.load(small, seed=3), digits.load(small, seed=3), digits.load(small, seed=4)
    assert (one.held_out.images == two.held_out.images).all()
    assert (one.train.labels == two.train.labels).all()
    assert not (one.train.images == other.train.images).all()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=300), st.floats(0.05, 0.95), st.integers(0, 9))
def test_a_split_is_a_partition(labels: list[int], share: float, seed: int) -> None:
    array = np.array(labels, np.uint8)
    rest, part = stratified(array, share, seed)
    assert sorted([*rest, *part]) == list(range(len(labels)))
    for label, count in Counter(labels).items():
        assert (array[part] == label).sum() == round(count * share)


def test_a_share_is_between_0_and_1() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        stratified(np.zeros(4, np.uint8), 1.0, 0)


def test_rows_are_values_between_0_and_1() -> None:
    images = np.array([[[0] * 28] * 14 + [[255] * 28] * 14], np.uint8)
    rows = dataset.Part(images, np.array([3], np.uint8)).rows()
    assert rows.shape == (1, 784)
    assert rows.dtype == np.float32
    assert rows[0, 0] == 0
    assert rows[0, -1] == 1


@pytest.mark.parametrize(("count", "label"), [(2, 3), (1, 10)])
def test_labels_and_images_have_to_fit(count: int, label: int) -> None:
    with pytest.raises(idx.BadIdx):
        dataset.Part(np.zeros((count, 28, 28), np.uint8), np.array([label], np.uint8))
