"""Mounts of ours, and their removal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway.host.run import attempt


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo: where, and which directory of which device (``root`` is a path inside it)."""

    point: str
    root: str
    device: str


def parse(mountinfo: str) -> list[Mount]:
    """The mounts in their order, from /proc/self/mountinfo (proc(5): fields 3 to 5, octal escapes)."""
    rows = (line.split(" ") for line in mountinfo.splitlines() if line.count(" ") >= 9)
    return [Mount(_unescape(row[4]), _unescape(row[3]), row[2]) for row in rows]


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def below(mounts: Sequence[Mount], roots: Sequence[str], keep: Sequence[str] = ()) -> list[str]:
    """Mount points below one of the roots, the last mounted first.

    The roots themselves and what lies at or below ``keep`` stay: somebody may have given them a disk of their own.
    """
    return [
        mount.point
        for mount in reversed(mounts)
        if any(mount.point.startswith(root + "/") for root in roots)
        and not any(mount.point == kept or mount.point.startswith(kept + "/") for kept in keep)
    ]


def bound_to_itself(mounts: Sequence[Mount], point: str) -> bool:
    """Whether the last mount on ``point`` shows the directory that is there without it, as the kubelet makes it."""
    here = [mount for mount in mounts if mount.point == point]
    around = [mount for mount in mounts if point.startswith(mount.point.rstrip("/") + "/")]
    if not here or not around:
        return False
    if len(here) > 1:
        return (here[-1].device, here[-1].root) == (here[-2].device, here[-2].root)
    # Of two on the same point the later one is seen.
    outer = max(reversed(around), key=lambda mount: len(mount.point))
    inside = outer.root.rstrip("/") + point[len(outer.point.rstrip("/")) :]
    return (here[-1].device, here[-1].root) == (outer.device, inside)


def unmount_below(*roots: Path, keep: Sequence[Path] = ()) -> list[str]:
    """Unmount everything below the roots but ``keep``; gives back what could not be, after a lazy attempt."""
    left: list[str] = []
    for _ in range(3):
        mounts = below(_now(), [str(root) for root in roots], [str(path) for path in keep])
        left = [point for point in mounts if not unmount(point)]
        if not mounts:
            return []
    return left


def unmount_self_bind(path: Path) -> None:
    """Undo the kubelet's mount of its directory on itself; another kind of mount there is not touched."""
    for _ in range(5):
        if not bound_to_itself(_now(), str(path)):
            return
        unmount(str(path))


def unmount(point: str) -> bool:
    """One mount; lazily when it is busy: its users are being ended anyway."""
    return attempt(["umount", point])[0] == 0 or attempt(["umount", "-l", point])[0] == 0


def _now() -> list[Mount]:
    return parse(Path("/proc/self/mountinfo").read_text())
