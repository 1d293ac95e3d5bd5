"""Who holds the locks of dpkg and apt. Format: /proc/locks, proc_locks(5)."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable
from pathlib import Path

from slipway.errors import NotYet

#: apt waits for the first itself, and gives up at once on the others.
FILES = (
    Path("/var/lib/dpkg/lock-frontend"),
    Path("/var/lib/dpkg/lock"),
    Path("/var/lib/apt/lists/lock"),
    Path("/var/cache/apt/archives/lock"),
)


def holder(text: str, inode: int) -> int:
    """The process that holds a lock on a file of this inode, by the text of /proc/locks; 0 when none does."""
    for line in text.splitlines():
        words = line.replace("->", "").split()
        if len(words) > 5 and words[5].rpartition(":")[2] == str(inode):
            return int(words[4])
    return 0


def check(files: Iterable[Path] = FILES) -> None:
    """Raises NotYet that names the process while somebody else installs packages."""
    for path in files:
        if not path.exists() or _free(path):
            continue
        pid = holder(Path("/proc/locks").read_text(), path.stat().st_ino)
        who = f"{_name(pid)} (process {pid})" if pid > 0 else "another process"
        raise NotYet(f"apt is locked by {who}", str(path), "wait until it has ended, then run this again")


def _free(path: Path) -> bool:
    with path.open("r+b") as handle:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "a process"
