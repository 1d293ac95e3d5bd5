"""Facts of the machine, read from /proc and /sys."""

from __future__ import annotations

import re
from pathlib import Path

CAP_SYS_ADMIN = 21
CAP_SYS_RESOURCE = 24


def has_systemd() -> bool:
    """Whether systemd is the init system (sd_booted(3): this directory exists)."""
    return Path("/run/systemd/system").is_dir()


def bounding_set(status: str) -> int:
    """The capability bounding set of the text of /proc/<pid>/status, as a bit mask."""
    match = re.search(r"^CapBnd:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return int(match.group(1), 16) if match else 0


def own_status() -> str:
    """/proc/self/status."""
    return Path("/proc/self/status").read_text()


def cgroup_version() -> int:
    """2 when /sys/fs/cgroup is the unified hierarchy, 1 with controllers as directories, 0 without cgroups."""
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return 2
    return 1 if (root / "memory").is_dir() and (root / "cpu").is_dir() else 0


def cgroup_driver() -> str:
    """What kubelet and containerd use: systemd needs systemd and cgroup v2 to be worth it."""
    return "systemd" if has_systemd() and cgroup_version() == 2 else "cgroupfs"


def kernel_has(filesystems: str, name: str) -> bool:
    """Whether the text of /proc/filesystems names a file system."""
    return any(line.split()[-1:] == [name] for line in filesystems.splitlines())


def boot_id() -> str:
    """Changes with every boot of the kernel."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
