"""A bare Debian: what an installer leaves before anything is installed. No Python, no containerd, no Go."""

from __future__ import annotations

from pathlib import Path

import machine_rootfs

INCLUDE = ("usr-is-merged",)
HOOKS = (
    # Every installed Debian has it; nfs-ganesha reads it.
    'ln -s ../proc/self/mounts "$1"/etc/mtab',
    # A machine that was installed from a medium knows no mirror and no name server.
    'rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/* "$1"/etc/resolv.conf',
    'rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/*',
)


def ensure() -> Path:
    """The file system, made by mmdebstrap when the cache lacks it (half a minute); never changed afterwards."""
    place = machine_rootfs.kept(
        "airgap", [INCLUDE, HOOKS], lambda place: machine_rootfs.make(place / "root", INCLUDE, HOOKS)
    )
    return place / "root"
