"""One unit's life: start, restart with back-off, stop with a deadline."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.node.supervisor.process import Process
from slipway.node.supervisor.rotate import rotate
from slipway.node.supervisor.spec import Unit, backoff

#: A process that ran this long has not failed to start: the back-off begins anew.
SETTLED = 30.0


@dataclass
class Slot:
    """What is wanted of a unit and what there is. ``due``, ``deadline``: monotonic seconds, 0 for none."""

    unit: Unit
    logs: str
    say: Callable[[str], None]
    process: Process | None = None
    wanted: bool = True
    failures: int = 0
    restarts: int = 0
    since: float = 0.0
    due: float = 0.0
    deadline: float = 0.0
    last: str = ""

    def tick(self, now: float) -> bool:
        """Do what is due; True when the state changed."""
        changed = False
        if self.process and self.process.ended():
            self._over(now)
            changed = True
        if self.process and self.deadline and now >= self.deadline:
            self.say(f"{self.unit.name}: no end after {self.unit.stop_seconds:.0f} s, killed")
            self.process.send(signal.SIGKILL)
            self.deadline = 0.0
        if self.process is None and self.wanted and now >= self.due:
            self._start(now)
            changed = True
        rotate(Path(self.logs, f"{self.unit.name}.log"), self.unit.log_bytes, self.unit.log_files)
        return changed

    def _start(self, now: float) -> None:
        try:
            self.process = Process.spawn(self.unit, self.logs)
        except OSError as error:
            self.last = str(error)
            self._retry(now)
            return
        self.since = now
        self.say(f"{self.unit.name}: started, pid {self.process.pid}")

    def _over(self, now: float) -> None:
        assert self.process is not None  # noqa: S101 - the caller looked
        code = self.process.code()
        self.last = "ended" if code is None else f"ended with {code}" if code >= 0 else f"killed by signal {-code}"
        self.process.close()
        self.process = None
        asked = self.deadline > 0
        self.deadline = 0.0
        if not self.wanted or asked:
            self.say(f"{self.unit.name}: {self.last}")
            self.due = 0.0
            return
        if now - self.since >= SETTLED:
            self.failures = 0
        self._retry(now)

    def _retry(self, now: float) -> None:
        delay = backoff(self.failures)
        self.failures += 1
        self.restarts += 1
        self.due = now + delay
        self.say(f"{self.unit.name}: {self.last}, again in {delay:.1f} s")

    def stop(self, *, wanted: bool) -> None:
        """Ask the process to end; with ``wanted`` it is started again afterwards."""
        self.wanted = wanted
        self.failures = 0
        self.due = 0.0
        if self.process and not self.deadline:
            self.process.send(self.unit.stop_signal)
            self.deadline = time.monotonic() + self.unit.stop_seconds

    def report(self, now: float) -> dict[str, Any]:
        """For people and scripts."""
        state = "running" if self.process else "waiting" if self.wanted else "stopped"
        if self.process and self.deadline:
            state = "stopping"
        return {
            "name": self.unit.name,
            "state": state,
            "pid": self.process.pid if self.process else None,
            "seconds": round(now - self.since, 1) if self.process else None,
            "restarts": self.restarts,
            "last": self.last,
        }

    def record(self) -> dict[str, Any]:
        """For the next supervisor."""
        pid, started = (self.process.pid, self.process.started) if self.process else (0, 0)
        return {"unit": self.unit.to_json(), "pid": pid, "started": started, "restarts": self.restarts}
