"""Files that are written whole or not at all, and only when they change."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, text: str, mode: int = 0o644) -> bool:
    """Put ``text`` into ``path`` by rename; True when it was not the content already."""
    try:
        if path.read_text() == text and path.stat().st_mode & 0o7777 == mode:
            return False
    except (FileNotFoundError, NotADirectoryError):
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same directory: rename does not cross file systems.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    return True


def link(path: Path, target: Path) -> bool:
    """Make ``path`` a symbolic link to ``target``; True when it was not."""
    if path.is_symlink() and path.readlink() == target:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.replace(path)
    return True
