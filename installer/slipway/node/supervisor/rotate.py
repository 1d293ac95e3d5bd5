"""Log files of bounded size. Copy and truncate: the writer keeps its descriptor, opened for appending."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def rotate(log: Path, limit: int, keep: int) -> bool:
    """Move the content of ``log`` to ``log.1`` (…``log.<keep>``) when it is larger than ``limit`` bytes."""
    try:
        if log.stat().st_size <= limit:
            return False
    except FileNotFoundError:
        return False
    for number in range(keep - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    if keep > 0:
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)
    return True
