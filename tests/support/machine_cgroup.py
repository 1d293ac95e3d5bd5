"""Groups of the tests' machines, in every hierarchy of cgroup v1 or in the one of v2."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path, PurePosixPath

TOP = Path("/sys/fs/cgroup")
_V2 = ("cpu", "cpuset", "io", "memory", "pids")


def hierarchies() -> list[Path]:
    """The roots: one of v2, or each controller of v1."""
    return [TOP] if (TOP / "cgroup.controllers").exists() else [path for path in TOP.iterdir() if path.is_dir()]


def create(name: str) -> str:
    """Make the group ``slipway-hosts/worker`` everywhere; its path as /proc/self/cgroup has it."""
    for top in hierarchies():
        group = top
        for part in PurePosixPath(name).parts:
            group /= part
            group.mkdir(exist_ok=True)
            _allow(group)
    return f"/{name}"


def _allow(group: Path) -> None:
    if (group / "cpuset.mems").exists() and not (TOP / "cgroup.controllers").exists():
        # v1: a new cpuset has neither processors nor memory, and takes no process.
        for file in ("cpuset.cpus", "cpuset.mems"):
            (group / file).write_text((group.parent / file).read_text())
    if (group.parent / "cgroup.subtree_control").exists():
        for controller in _V2:
            with contextlib.suppress(OSError):
                (group.parent / "cgroup.subtree_control").write_text(f"+{controller}")


def existing(name: str) -> list[Path]:
    """The directories of this group, one per hierarchy that has it."""
    return [top / name for top in hierarchies() if (top / name).exists()]


def clear(name: str, seconds: float = 60) -> None:
    """End whatever is in the group and below it, and remove them. Raises TimeoutError naming what stays."""
    deadline = time.monotonic() + seconds
    while groups := [group for top in existing(name) for group in _deepest_first(top)]:
        for group in groups:
            with contextlib.suppress(OSError):
                for pid in (group / "cgroup.procs").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)
            with contextlib.suppress(OSError):
                group.rmdir()
        if time.monotonic() > deadline:
            raise TimeoutError(f"these groups cannot be removed: {groups[:3]}")
        time.sleep(0.1)


def _deepest_first(top: Path) -> list[Path]:
    found = [Path(directory) for directory, _, _ in os.walk(top)]
    return sorted(found, key=lambda path: -len(path.parts))
