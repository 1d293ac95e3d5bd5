"""SIGTERM and the end of the terminal stop a program as Ctrl-C does: what is open is closed on the way out."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

#: Shells and supervisors add this to a signal's number for the exit code.
BASE = 128


class Ended(KeyboardInterrupt):
    """A signal other than SIGINT asked for the end; ``number`` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


#: The signal that asked for the end of this process, 0 for none: an exception may have been turned into another one.
_asked = [0]


@contextmanager
def ending() -> Iterator[None]:
    """SIGTERM and SIGHUP raise Ended in the main thread within the block, once: later ones are the same wish.

    Under nohup the end of the terminal is nobody's. Outside of the main thread nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {}
    _asked[0] = 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            # A function, not SIG_IGN: what this process starts would inherit that.
            before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def code() -> int:
    """The exit code of a process that was interrupted: 128 and the signal's number."""
    return BASE + (_asked[0] or signal.SIGINT)


def name() -> str:
    """The signal that asked for the end, "" for Ctrl-C."""
    return signal.Signals(_asked[0]).name if _asked[0] else ""


def _end(number: int, _: object) -> None:
    if _asked[0]:
        return
    _asked[0] = number
    if number == signal.SIGHUP:
        _without_terminal()
    raise Ended(number)


def _without_terminal() -> None:
    """A terminal that has gone takes no last words, and those would end the cleaning up with an error."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        with suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode) and not os.isatty(stream):
                os.dup2(nothing, stream)
    os.close(nothing)
