"""Processes by identity: a pid alone may be someone else's by now."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from slipway.host.process import start_time
from slipway.node.supervisor.spec import Unit


@dataclass
class Process:
    """A running process and its pidfd; ``child`` is None when an earlier supervisor started it."""

    pid: int
    started: int
    pidfd: int
    child: subprocess.Popen[bytes] | None = None

    @classmethod
    def spawn(cls, unit: Unit, logs: str) -> Process:
        """Start a unit in a session of its own, with its log as output. Raises OSError."""
        # The child appends to the file itself: it survives us, and truncation by rotation cannot leave a hole.
        with Path(logs, f"{unit.name}.log").open("ab") as log:
            child = subprocess.Popen(
                unit.argv,
                env=dict(unit.env),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(child.pid, start_time(child.pid) or 0, os.pidfd_open(child.pid), child)

    @classmethod
    def adopt(cls, pid: int, started: int) -> Process | None:
        """The process of an earlier supervisor, if it is still the same one."""
        try:
            pidfd = os.pidfd_open(pid)
        except (ProcessLookupError, OSError):
            return None
        if start_time(pid) != started:
            os.close(pidfd)
            return None
        return cls(pid, started, pidfd)

    def ended(self) -> bool:
        """Whether it is over (a pidfd becomes readable then); collects a child."""
        if not select.select([self.pidfd], [], [], 0)[0]:
            return False
        if self.child:
            self.child.wait()
        return True

    def code(self) -> int | None:
        """The exit code of a child that ended; None for an adopted process."""
        return self.child.returncode if self.child else None

    def send(self, number: int) -> None:
        """Send a signal to exactly this process."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def close(self) -> None:
        """Release the pidfd."""
        os.close(self.pidfd)
