"""What containerd's shims and libcni put into directories that cannot be configured."""

from __future__ import annotations

import contextlib
import re
import stat
from pathlib import Path

#: containerd defaults.DefaultStateDir: shims make their sockets in ``s`` below it, whatever the configuration says.
SHIM_SOCKETS = Path("/run/containerd/s")
#: libcni's cache of results, <network>-<container>-<interface>; our network's name is slipway.
CNI_RESULTS = Path("/var/lib/cni/results")
#: The kubelet links every container's log here, wherever the logs are.
LOG_LINKS = Path("/var/log/containers")
_RESULT = re.compile(r"^(slipway|cni-loopback)-[0-9a-f]{64}-\w+$")


def listening(proc_net_unix: str) -> set[str]:
    """Paths of Unix sockets that some process holds, from /proc/net/unix (its last column)."""
    return {line.split()[-1] for line in proc_net_unix.splitlines()[1:] if len(line.split()) == 8}


def is_cached_result(name: str) -> bool:
    """Whether a file of libcni's cache belongs to our networks."""
    return bool(_RESULT.match(name))


def clear(logs: Path, sockets: Path = SHIM_SOCKETS, results: Path = CNI_RESULTS, log_links: Path = LOG_LINKS) -> None:
    """Remove sockets that nobody holds, our cached results and links to ``logs``; then the directories, if empty."""
    held = listening(Path("/proc/net/unix").read_text())
    for path in _entries(sockets):
        if stat.S_ISSOCK(path.lstat().st_mode) and str(path) not in held:
            path.unlink(missing_ok=True)
    for path in _entries(results):
        if is_cached_result(path.name):
            path.unlink(missing_ok=True)
    for path in _entries(log_links):
        if path.is_symlink() and path.readlink().is_relative_to(logs):
            path.unlink(missing_ok=True)
    for directory in (sockets, sockets.parent, results, results.parent, log_links):
        with contextlib.suppress(OSError):
            directory.rmdir()


def _entries(directory: Path) -> list[Path]:
    return list(directory.iterdir()) if directory.is_dir() else []
