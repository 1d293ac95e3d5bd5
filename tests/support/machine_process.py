"""The processes of a machine of the tests: the one that holds it from outside, and its first one inside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path


def boot(command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """Start a boot script that writes to ``log``; call from the main thread, whose end is the machine's end too."""
    with log.open("wb") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)


def first(
    process: subprocess.Popen[bytes], log: Path, ready: Callable[[int], bool] = lambda pid: True, seconds: float = 120
) -> int:
    """The machine's pid 1 as this machine sees it, once ``ready(pid)``. Raises RuntimeError with the log's end."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        found = children.read_text().split()
        # Before its exec, unshare is the script, which has children too.
        if found and Path(f"/proc/{process.pid}/comm").read_text().strip() == "unshare" and ready(int(found[0])):
            return int(found[0])
        time.sleep(0.05)
    raise RuntimeError(f"the machine did not boot:\n{log.read_text(errors='replace')[-2000:]}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Pull the plug."""
    process.kill()
    process.wait()


def namespaces(pid: int) -> frozenset[str]:
    """Those of a process that this process is not in, as /proc names them: ``net:[4026532008]``."""
    own, theirs = ({str(link.readlink()) for link in Path(f"/proc/{who}/ns").iterdir()} for who in ("self", pid))
    return frozenset(theirs - own)


def processes() -> Iterator[Path]:
    """``/proc/<pid>`` of every process that this machine sees."""
    return (path for path in Path("/proc").iterdir() if path.name.isdecimal())


def inside(names: frozenset[str]) -> list[int]:
    """The processes that keep one of these namespaces."""
    found = []
    for process in processes():
        with contextlib.suppress(OSError):
            if names & {str(link.readlink()) for link in (process / "ns").iterdir()}:
                found.append(int(process.name))
    return found


def naming(text: str) -> dict[int, str]:
    """The processes whose command lines contain a text, for example a directory's name: pid → command line."""
    found = {}
    for process in processes():
        with contextlib.suppress(OSError):
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if text in line:
                found[int(process.name)] = line
    return found


def end_naming(directory: Path) -> None:
    """End the processes that work on a run's own directory: its ssh, its playbooks and what those started."""
    for pid in naming(str(directory)):
        if pid != os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
