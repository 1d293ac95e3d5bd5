"""SHA256SUMS, as sha256sum(1) writes and checks it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from slipway.bundle import archive
from slipway.bundle.model import SUMS


def of_directory(directory: Path) -> str:
    """The text for all files below a directory."""
    lines = []
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        lines.append(f"{digest}  {path.relative_to(directory).as_posix()}\n")
    return "".join(lines)


def parse(text: str) -> dict[str, str]:
    """Name → sha256 (hex)."""
    lines = re.findall(r"^([0-9a-f]{64}) [ *](.+)$", text, re.MULTILINE)
    return {name: digest for digest, name in lines}


def faults(file: Path) -> list[str]:
    """What is wrong with a bundle, one line per member. Raises BadInput when it is none."""
    members = archive.index(file)
    promised = parse(archive.read(file, members[SUMS]).decode(errors="replace"))
    wrong = []
    for name, digest in promised.items():
        if name not in members:
            wrong.append(f"{name}: is missing")
        elif (seen := sha256(file, members[name])) != digest:
            wrong.append(f"{name}: has the sha256 {seen}, not {digest}")
    return wrong + [f"{name}: is not in {SUMS}" for name in members if name not in promised and name != SUMS]


def sha256(file: Path, member: archive.Member) -> str:
    """The sha256 (hex) of a member."""
    digest = hashlib.sha256()
    with archive.open_member(file, member) as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
