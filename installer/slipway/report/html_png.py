"""Grey pictures as PNG data URIs.

Source: PNG (ISO/IEC 15948): signature, IHDR, IDAT, IEND; colour type 0, 8 bits, filter 0 on every row.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence


def png(pixels: Sequence[int], width: int) -> bytes:
    """A picture of grey values 0…255, row by row. Raises ValueError when the rows are not full."""
    if not pixels or len(pixels) % width:
        raise ValueError(f"{len(pixels)} pixels are not rows of {width}")
    height = len(pixels) // width
    rows = b"".join(b"\0" + bytes(pixels[start : start + width]) for start in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def data_uri(pixels: Sequence[int], width: int) -> str:
    """The picture as a ``data:`` URI, inverted: ink on paper."""
    content = png([255 - value for value in pixels], width)
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
