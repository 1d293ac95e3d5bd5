"""Ends a program with all that it has started, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress

from slipway.host.process import processes, start_time

#: Seconds that programs have to clean up behind them.
GRACE = 3.0
_TURN = 0.05


def end(program: subprocess.Popen[bytes], grace: float = GRACE) -> None:
    """Ask a program and its descendants to end, and kill what is left after ``grace`` seconds.

    ``program`` leads a session of its own (``start_new_session``): by it children are known whose parent has ended.
    """
    known: dict[int, int] = {}
    _send(_add(known, program.pid), signal.SIGTERM)
    began = time.monotonic()
    # What does not end on SIGKILL either hangs in the kernel, and nobody can help it.
    while _alive(_add(known, program.pid)) and time.monotonic() < began + 2 * grace:
        if time.monotonic() > began + grace:
            _send(known, signal.SIGKILL)
        time.sleep(_TURN)
    program.poll()


def _add(known: dict[int, int], leader: int) -> dict[int, int]:
    """Add to ``known`` (pid → start time) what belongs to the leader now, in its session or below one of them."""
    there = processes()
    chosen = {pid for pid, one in there.items() if one.session == leader or known.get(pid) == one.started}
    chosen |= {leader} & there.keys()
    while more := {pid for pid, one in there.items() if one.parent in chosen} - chosen:
        chosen |= more
    known.update((pid, there[pid].started) for pid in chosen if pid not in known)
    return known


def _alive(known: dict[int, int]) -> bool:
    return any(start_time(pid) == started for pid, started in known.items())


def _send(known: dict[int, int], number: signal.Signals) -> None:
    for pid, started in known.items():
        if start_time(pid) == started:  # the number may be another program's by now
            with suppress(ProcessLookupError):
                os.kill(pid, number)
