"""A process as the kernel shows it, by proc_pid_stat(5): a pid alone may be someone else's by now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """``started``: clock ticks after boot, which no later process of the same pid shares."""

    parent: int
    session: int
    started: int


def process(pid: int) -> Process | None:
    """The process of a pid; None when it is gone or dead."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    # The command may contain blanks and brackets: fields count from its last bracket.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else Process(int(fields[1]), int(fields[3]), int(fields[19]))


def start_time(pid: int) -> int | None:
    """When the process of a pid started; None when it is gone or dead."""
    running = process(pid)
    return running.started if running else None


def processes() -> dict[int, Process]:
    """All that have not ended, by pid."""
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return {pid: running for pid in pids if (running := process(pid))}
