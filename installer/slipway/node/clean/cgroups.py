"""The kubelet's cgroups."""

from __future__ import annotations

import contextlib
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
NAMES = ("kubepods", "kubepods.slice")


def tops(root: Path = ROOT) -> list[Path]:
    """The kubelet's topmost cgroups: one per hierarchy with cgroup v1, one with v2."""
    places = [root, *(path for path in sorted(root.iterdir()) if path.is_dir() and not path.is_symlink())]
    return [place / name for place in places for name in NAMES if (place / name).is_dir()]


def clear(root: Path = ROOT) -> list[str]:
    """Remove them from the leaves up; gives back those that hold processes still."""
    for top in tops(root):
        directories = sorted((path for path in top.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts))
        for directory in [*directories, top]:
            with contextlib.suppress(OSError):
                directory.rmdir()
    return [str(top) for top in tops(root)]
