"""The tar file: written so that the same members give the same bytes, read member by member.

Format: ustar with GNU's long names, as GNU tar writes it.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from slipway import outputs
from slipway.artifacts.hostnet import EPOCH
from slipway.bundle.model import ABOUT, BOOTSTRAP, SUMS, TOP
from slipway.errors import BadInput

#: What is looked at first stands first.
FIRST = (BOOTSTRAP, SUMS, ABOUT)
LAST = "blobs/"


@dataclass(frozen=True)
class Member:
    """Where a member's content lies in the file, in bytes."""

    offset: int
    size: int


def order(name: str) -> tuple[int, str]:
    """The members' order: first ones, files, blobs; by name."""
    if name in FIRST:
        return FIRST.index(name), name
    return len(FIRST) + name.startswith(LAST), name


def check_target(target: Path) -> None:
    """Raises BadInput where a bundle cannot be written: no directory of ours, or a file that is not a bundle."""
    where = f"-o {target}"
    outputs.file(target, where)
    if target.exists():
        try:
            index(target)
        except BadInput:
            raise BadInput("is there, and no bundle; nothing was written", where, "name another file") from None


def write(directory: Path, target: Path) -> None:
    """Pack a directory. Owners, times and all bits of the mode but the executable one are left out."""
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    part = target.with_name(f"{target.name}.part")
    try:
        with tarfile.open(part, "w", format=tarfile.GNU_FORMAT) as archive:
            for name in sorted(files, key=order):
                _add(archive, name, files[name])
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, name: str, path: Path) -> None:
    info = tarfile.TarInfo(f"{TOP}/{name}")
    stat = path.stat()
    info.size, info.mtime = stat.st_size, EPOCH
    info.mode = 0o755 if stat.st_mode & 0o100 else 0o644
    with path.open("rb") as handle:
        archive.addfile(info, handle)


def index(file: Path) -> dict[str, Member]:
    """Name (without the top directory) → place. Raises BadInput when the file is none of ours; a file that ends early
    gives the members that are whole or begun."""
    members: dict[str, Member] = {}
    try:
        with tarfile.open(file, "r:") as archive:
            for info in archive:
                if info.isreg() and info.name.startswith(f"{TOP}/"):
                    members[info.name.removeprefix(f"{TOP}/")] = Member(info.offset_data, info.size)
    except (tarfile.ReadError, OSError) as error:
        if not members:
            reason = getattr(error, "strerror", "") or "not a tar file"
            raise BadInput(reason, str(file), "make one: slipway bundle create -o FILE") from None
    if SUMS not in members:
        raise BadInput("not a bundle", str(file), "make one: slipway bundle create -o FILE")
    return members


@contextmanager
def open_member(file: Path, member: Member) -> Iterator[IO[bytes]]:
    """Read a member's content; it ends early where the file does."""
    with file.open("rb") as handle:
        yield io.BufferedReader(_Window(handle, member), 1 << 20)


def read(file: Path, member: Member) -> bytes:
    """A member's content."""
    with open_member(file, member) as handle:
        return handle.read()


class _Window(io.RawIOBase):
    """A part of a file."""

    def __init__(self, handle: IO[bytes], member: Member) -> None:
        self._handle, self._left = handle, member.size
        handle.seek(member.offset)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)[: self._left]
        data = self._handle.read(len(view)) if len(view) else b""
        view[: len(data)] = data
        self._left -= len(data)
        return len(data)
