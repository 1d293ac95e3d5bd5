"""cgroup v2 inside a container: room for the kubelet's groups.

A group that hands controllers to its children must not hold processes itself (cgroups(7), "no internal processes").
The root of a container's hierarchy is such a group, and holds every process of the container; the kernel's own root is
exempt. systemd arranges its hierarchy itself.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from slipway.host import machine

ROOT = Path("/sys/fs/cgroup")
#: Where the processes go that were in the root.
LEAF = "slipway-init"
WANTED = ("cpu", "cpuset", "hugetlb", "io", "memory", "pids")


def prepare(root: Path = ROOT) -> None:
    """Do what a kubelet with the cgroupfs driver needs; nothing where systemd or cgroup v1 is."""
    if machine.cgroup_driver() == "cgroupfs" and machine.cgroup_version() == 2 and is_nested(root):
        vacate(root)
        delegate(root)


def is_nested(root: Path) -> bool:
    """Only groups other than the kernel's root have a type."""
    return (root / "cgroup.type").exists()


def vacate(root: Path) -> None:
    """Move every process of the root into a leaf; those that end meanwhile do not matter."""
    leaf = root / LEAF
    leaf.mkdir(exist_ok=True)
    for _ in range(10):
        pids = (root / "cgroup.procs").read_text().split()
        if not pids:
            return
        for pid in pids:
            with contextlib.suppress(OSError):
                (leaf / "cgroup.procs").write_text(pid)


def delegate(root: Path) -> list[str]:
    """Hand the controllers to the children; gives back those that were not yet."""
    there = (root / "cgroup.controllers").read_text().split()
    enabled = (root / "cgroup.subtree_control").read_text().split()
    lacking = [name for name in WANTED if name in there and name not in enabled]
    for name in lacking:
        with contextlib.suppress(OSError):
            (root / "cgroup.subtree_control").write_text(f"+{name}")
    return lacking
