"""Mounts of ours, and their removal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from slipway.node.run import attempt


def mount_points(mountinfo: str) -> list[str]:
    """Mount points in the order of mounting, from /proc/self/mountinfo (proc(5): field 5, octal escapes)."""
    return [_unescape(line.split(" ")[4]) for line in mountinfo.splitlines() if line.count(" ") >= 9]


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), text)


def below(points: Sequence[str], roots: Sequence[str]) -> list[str]:
    """Those at or below one of the roots, the last mounted first."""
    return [point for point in reversed(points) if any(point == root or point.startswith(root + "/") for root in roots)]


def unmount_below(*roots: Path) -> list[str]:
    """Unmount everything at or below the roots; gives back what could not be, after a lazy attempt."""
    left: list[str] = []
    for _ in range(3):
        found = below(mount_points(Path("/proc/self/mountinfo").read_text()), [str(root) for root in roots])
        left = [point for point in found if not unmount(point)]
        if not found:
            return []
    return left


def unmount(point: str) -> bool:
    """One mount; lazily when it is busy: its users are being ended anyway."""
    return attempt(["umount", point])[0] == 0 or attempt(["umount", "-l", point])[0] == 0
