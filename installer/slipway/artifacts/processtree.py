"""Ends a program with all that it has started, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

#: Seconds that programs have to clean up behind them.
GRACE = 3.0
_TURN = 0.05


def end(program: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """Ask a program and its descendants to end, and kill what is left after ``grace`` seconds.

    ``program`` leads a session of its own (``start_new_session``): by it children are known whose parent has ended.
    """
    known: dict[int, str] = {}
    _send(_add(known, program.pid), signal.SIGTERM)
    began = time.monotonic()
    # What does not end on SIGKILL either hangs in the kernel, and nobody can help it.
    while _alive(_add(known, program.pid)) and time.monotonic() < began + 2 * grace:
        if time.monotonic() > began + grace:
            _send(known, signal.SIGKILL)
        time.sleep(_TURN)
    program.poll()


def _add(known: dict[int, str], leader: int) -> dict[int, str]:
    """Add to ``known`` (pid → start time) what belongs to the leader now, in its session or below one of them."""
    found = _table()
    chosen = {pid for pid, (_, session, start) in found.items() if session == leader or known.get(pid) == start}
    chosen |= {leader} & found.keys()
    while more := {pid for pid, (parent, _, _) in found.items() if parent in chosen} - chosen:
        chosen |= more
    known.update((pid, found[pid][2]) for pid in chosen if pid not in known)
    return known


def _alive(known: dict[int, str]) -> bool:
    found = _table()
    return any(pid in found and found[pid][2] == start for pid, start in known.items())


def _send(known: dict[int, str], number: signal.Signals) -> None:
    found = _table()
    for pid, start in known.items():
        if pid in found and found[pid][2] == start:  # the number may be another program's by now
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _table() -> dict[int, tuple[int, int, str]]:
    """All processes that have not ended: pid → (parent, session, start time), of proc(5)."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            if fields[0] not in "ZX":
                found[int(path.parent.name)] = (int(fields[1]), int(fields[3]), fields[19])
    return found
