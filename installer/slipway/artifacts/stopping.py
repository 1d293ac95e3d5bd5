"""Ends what runs in several threads at once: whoever waits in one of them asks here whether to go on.

A thread listens to one Stop (or to none). Programs, locks and downloads wait in short turns and ask between them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from slipway.errors import SlipwayError

#: Seconds between two questions: what a stop takes to be heard.
TURN = 0.1


class Stopped(SlipwayError):
    """Work that was ended because of something else: not the error that the user has to hear of."""


class Stop:
    """Set once, with the reason; safe to use from several threads."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason = ""

    def set(self, reason: str) -> None:
        """Tell all who listen to end; the first reason counts."""
        if not self._event.is_set():
            self.reason = reason
            self._event.set()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, but not longer than until it is set; whether it is."""
        return self._event.wait(seconds)


_heard: ContextVar[Stop | None] = ContextVar("stop", default=None)


@contextmanager
def listening(stop: Stop) -> Iterator[None]:
    """What this thread does inside ends when ``stop`` is set."""
    token = _heard.set(stop)
    try:
        yield
    finally:
        _heard.reset(token)


def check(where: str = "") -> None:
    """Raise Stopped when this thread's work is to end."""
    stop = _heard.get()
    if stop is not None and stop.is_set:
        raise Stopped(f"stopped: {stop.reason}", where)


def turn() -> None:
    """Sleep a moment, shorter when there is a stop; ``check`` then says so."""
    (_heard.get() or Stop()).wait(TURN)
