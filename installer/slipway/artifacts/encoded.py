"""Blobs as releases and bundles store them: zstd, checked by the sha256 of what is inside."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from slipway.artifacts.fetch import Damaged

#: Measured on the largest layer (950 MB): a quarter of the size at 200 MB/s of one core; higher levels gain little.
LEVEL = 3
SUFFIX = ".zst"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Stored:
    """What lies in the file: sha256 (hex) and size (bytes)."""

    sha256: str
    size: int


def encode(source: Path, target: Path) -> Stored:
    """Compress a file; the same input gives the same bytes."""
    import zstandard

    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with source.open("rb") as reader, part.open("wb") as writer:
        compressor = zstandard.ZstdCompressor(level=LEVEL)
        compressor.copy_stream(reader, writer, size=source.stat().st_size, read_size=_BLOCK, write_size=_BLOCK)
    part.replace(target)
    return stored(target)


def stored(path: Path) -> Stored:
    """The sha256 and size of a file."""
    with path.open("rb") as handle:
        return Stored(hashlib.file_digest(handle, "sha256").hexdigest(), path.stat().st_size)


def decode(source: IO[bytes], target: Path, digest: str, where: str, *, compressed: bool = True) -> None:
    """Write what is inside to ``target``, whole or not at all. Raises Damaged when it is not ``sha256:…``."""
    import zstandard

    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with part.open("wb") as writer:
            if compressed:
                zstandard.ZstdDecompressor().copy_stream(source, writer, read_size=_BLOCK, write_size=_BLOCK)
            else:
                shutil.copyfileobj(source, writer, _BLOCK)
        actual = f"sha256:{stored(part).sha256}"
        if actual != digest:
            raise Damaged(f"holds {actual}, not {digest}", where, "get it again")
        part.chmod(0o644)
        part.replace(target)
    except zstandard.ZstdError as error:
        raise Damaged(f"cannot be unpacked: {error}", where, "get it again") from None
    finally:
        part.unlink(missing_ok=True)
