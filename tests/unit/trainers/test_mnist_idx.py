"""IDX files: what is written is read back, what is damaged is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from slipway_mnist import idx

shapes = arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6)


@given(arrays.arrays(np.uint8, shapes))
def test_round_trip(array: idx.Bytes) -> None:
    back = idx.decode(idx.encode(array))
    assert back.shape == array.shape
    assert (back == array).all()


@given(arrays.arrays(np.uint8, shapes), st.binary(min_size=1, max_size=8))
def test_more_bytes_than_the_shape_are_refused(array: idx.Bytes, more: bytes) -> None:
    with pytest.raises(idx.BadIdx, match="bytes of data"):
        idx.decode(idx.encode(array) + more)


def test_the_header_is_the_format_of_mnist() -> None:
    content = idx.encode(np.arange(6, dtype=np.uint8).reshape(2, 3))
    assert content == bytes.fromhex("000008020000000200000003") + bytes(range(6))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "first two bytes"),
        (b"PK\3\4", "first two bytes"),
        (bytes.fromhex("00000d010000000100000000"), "0x0d"),
        (bytes.fromhex("00000800"), "0 dimensions"),
        (bytes.fromhex("0000080200000002"), "cut off"),
        (bytes.fromhex("0000080100000005") + b"abc", "3 bytes of data for the shape 5"),
        (b"\x1f\x8bnothing", "gzip"),
    ],
)
def test_damaged_files_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(idx.BadIdx, match=reason):
        idx.decode(content)


def test_only_unsigned_bytes_are_written() -> None:
    with pytest.raises(idx.BadIdx, match="float64"):
        idx.encode(np.zeros(3))  # type: ignore[arg-type]


def test_a_file_is_found_plain_or_compressed(tmp_path: Path) -> None:
    array = np.arange(12, dtype=np.uint8).reshape(3, 4)
    idx.write(tmp_path / "a.gz", array)
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == idx.encode(array)
    assert (idx.read(tmp_path / "a") == array).all()
    idx.write(tmp_path / "a", array + 1)
    assert (idx.read(tmp_path / "a") == array + 1).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "a.gz"]
