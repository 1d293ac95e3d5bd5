"""MNIST from a mirror, every file verified by its checksum."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError

#: SHA-256 of the four compressed files as published.
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
LARGEST = 12_000_000


class NotAvailable(Exception):
    """MNIST cannot be had; the message says why, for each source."""


def is_mnist(directory: Path) -> bool:
    """Whether a directory holds the four files of MNIST, byte by byte."""
    return all(
        (path := directory / name).is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == checksum
        for name, checksum in CHECKSUMS.items()
    )


def download(directory: Path, sources: Sequence[str], *, timeout: float = 4.0) -> str:
    """Put MNIST into ``directory`` and return the source that had it.

    ``sources`` are URLs of directories (https, http or file), tried in order; ``timeout`` in seconds is that of a
    connection or a stalled transfer. Raises NotAvailable; files that fail their checksum are never kept.
    """
    reasons = []
    for source in sources:
        try:
            files = {name: _fetch(source.rstrip("/") + "/" + name, checksum, timeout) for name, checksum in smallest()}
        except (URLError, OSError, ValueError) as error:
            reasons.append(f"{source}: {getattr(error, 'reason', None) or error}")
            continue
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            part = directory / f"{name}.part"
            part.write_bytes(content)
            part.replace(directory / name)
            (directory / name.removesuffix(".gz")).unlink(missing_ok=True)
        return source
    raise NotAvailable("; ".join(reasons) or "no source is configured")


def smallest() -> list[tuple[str, str]]:
    """The files and their checksums, the labels first: a source that is not reachable shows at once."""
    return sorted(CHECKSUMS.items(), key=lambda item: "labels" not in item[0])


def _fetch(url: str, checksum: str, timeout: float) -> bytes:
    if not url.startswith(("https://", "http://", "file://")):
        raise ValueError(f"not a URL of https, http or file: {url}")
    with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 (the scheme is checked above)
        content: bytes = answer.read(LARGEST)
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise ValueError(f"checksum {found[:12]}… instead of {checksum[:12]}…")
    return content
