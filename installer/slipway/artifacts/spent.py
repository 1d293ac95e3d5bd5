"""The processors' time that a thread's programs took, with all that they started."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Spent:
    """Seconds of user and system time."""

    seconds: float = 0.0


class _Counting(threading.local):
    now: Spent | None = None


_counting = _Counting()


@contextmanager
def counted() -> Iterator[Spent]:
    """What this thread's programs take within the block."""
    before, _counting.now = _counting.now, Spent()
    try:
        yield _counting.now
    finally:
        _counting.now = before


def reap(program: subprocess.Popen[bytes]) -> bool:
    """Whether a program has ended; if so, its return code is set and its time is counted. Does not wait."""
    if program.returncode is not None:
        return True
    try:
        pid, status, usage = os.wait4(program.pid, os.WNOHANG)
    except ChildProcessError:
        return program.poll() is not None
    if pid == 0:
        return False
    program.returncode = os.waitstatus_to_exitcode(status)
    if _counting.now:
        _counting.now.seconds += usage.ru_utime + usage.ru_stime
    return True
