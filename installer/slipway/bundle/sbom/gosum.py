"""Hashes of Go modules: h1 is a sha256 over a module's files, in base64 (golang.org/x/mod/sumdb/dirhash)."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

Hashes = tuple[tuple[str, str], ...]


def hashes(sum_: str) -> Hashes:
    """``h1:…`` as CycloneDX has it; nothing for anything else."""
    try:
        return (("SHA-256", base64.b64decode(sum_.removeprefix("h1:"), validate=True).hex()),) if sum_ else ()
    except binascii.Error:
        return ()


def read(path: Path) -> dict[tuple[str, str], Hashes]:
    """(module, version) → hashes, from a go.sum; nothing when there is none."""
    if not path.is_file():
        return {}
    rows = (line.split() for line in path.read_text().splitlines())
    return {(row[0], row[1]): hashes(row[2]) for row in rows if len(row) == 3 and not row[1].endswith("/go.mod")}
