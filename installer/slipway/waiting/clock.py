"""The time that something has, and its end when the user wants one."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


class Stopped(Exception):
    """The user ended the installation."""


@dataclass
class Clock:
    """The time that a component has. ``timeout`` in seconds, from the creation of the clock."""

    timeout: float
    stop: threading.Event = field(default_factory=threading.Event)
    start: float = field(default_factory=time.monotonic)

    @property
    def deadline(self) -> float:
        """When time is up, of time.monotonic."""
        return self.start + self.timeout

    @property
    def waited(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.start

    @property
    def left(self) -> float:
        """Seconds until the deadline; negative afterwards."""
        return self.deadline - time.monotonic()

    def extend(self, seconds: float) -> None:
        """Time that was spent on something else does not count."""
        self.start += seconds

    def check(self) -> None:
        """Raises Stopped when the user wants an end."""
        if self.stop.is_set():
            raise Stopped

    def __str__(self) -> str:
        return f"{self.waited:.0f} s of {self.timeout:.0f} s"
