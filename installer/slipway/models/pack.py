"""A model's directory as a tar that a Pod unpacks."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import IO

from slipway.errors import BadInput

#: What never belongs into an image.
SKIPPED = {".git", "__pycache__"}
#: What makes pip run for a model.
INSTALLS = ("requirements.txt", "setup.py")


def method(directory: Path) -> str:
    """How the image has to be made: ``build`` where pip has to run, else ``append``."""
    return "build" if any((directory / name).is_file() for name in INSTALLS) else "append"


def write(directory: Path, target: IO[bytes]) -> int:
    """Write the tar; its size in bytes. Raises BadInput for no directory, an empty one, and a link that leads out."""
    if not directory.is_dir():
        raise BadInput("no such directory", str(directory), "name the model's directory")
    root, count = directory.resolve(), 0
    with tarfile.open(fileobj=target, mode="w", dereference=True) as tar:
        for path in sorted(directory.rglob("*")):
            relative = path.relative_to(directory)
            if SKIPPED & set(relative.parts):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                raise BadInput("a link that leads out of the model's directory", str(path), "put the file itself there")
            if path.is_file():
                tar.add(path, str(relative), recursive=False, filter=_plain)
                count += 1
    if not count:
        raise BadInput("has no files", str(directory), "name the model's directory")
    size = target.tell()
    target.seek(0, os.SEEK_SET)
    return size


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
