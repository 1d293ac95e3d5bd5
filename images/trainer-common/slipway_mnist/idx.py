"""The IDX file format: a magic number, the dimensions, the bytes.

Source: the format's description on the MNIST page. Only unsigned bytes (type 0x08) are used here. Big-endian.
"""

from __future__ import annotations

import gzip
import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UNSIGNED_BYTE = 0x08

Bytes = NDArray[np.uint8]


class BadIdx(ValueError):
    """A file that is no IDX file of unsigned bytes."""


def encode(array: Bytes) -> bytes:
    """The IDX file of an array of unsigned bytes with 1 to 255 dimensions."""
    if array.dtype != np.uint8 or not 1 <= array.ndim <= 255:
        raise BadIdx(f"only arrays of unsigned bytes with 1 to 255 dimensions, not {array.dtype} with {array.ndim}")
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, UNSIGNED_BYTE, array.ndim, *array.shape)
    return head + np.ascontiguousarray(array).tobytes()


def decode(content: bytes) -> Bytes:
    """The array of an IDX file, plain or gzip-compressed. Raises BadIdx."""
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise BadIdx(f"damaged gzip file: {error}") from error
    if len(content) < 4 or content[:2] != b"\0\0":
        raise BadIdx("no IDX file: its first two bytes are not zero")
    kind, dimensions = content[2], content[3]
    if kind != UNSIGNED_BYTE or not dimensions:
        raise BadIdx(f"IDX type 0x{kind:02x} with {dimensions} dimensions, only unsigned bytes (0x08) are known")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise BadIdx("the IDX header is cut off")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if len(content) - start != math.prod(shape):
        raise BadIdx(f"{len(content) - start} bytes of data for the shape {'x'.join(map(str, shape))}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read(path: Path) -> Bytes:
    """The array of an IDX file on disk, or of the same name with .gz when there is no plain one."""
    found = path if path.exists() else path.with_name(path.name + ".gz")
    return decode(found.read_bytes())


def write(path: Path, array: Bytes) -> None:
    """Write an IDX file; ``.gz`` names are compressed. Other readers see the old file or the whole new one."""
    content = encode(array)
    if path.suffix == ".gz":
        content = gzip.compress(content, compresslevel=6, mtime=0)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
