"""Keeps the controller running inside its container.

A container that ends makes its Pod unready, and the Service would send nobody to an Envoy that works perfectly.
So a controller that crashes is started again here; one that hangs is the liveness probe's business.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from types import FrameType

FIRST_DELAY, LAST_DELAY = 1.0, 30.0
#: One that ran so long did work: the next failure is waited for from the first delay again.
SOUND_AFTER = 60.0


class Supervisor:
    """Runs one command again and again until SIGTERM or SIGINT."""

    def __init__(self, command: list[str], first_delay: float = FIRST_DELAY) -> None:
        self._command = command
        self._first = first_delay
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = False

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self._stopping = True
        if self._child and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    def run(self) -> int:
        """The exit code of the last child."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        delay, code = self._first, 0
        while not self._stopping:
            start = time.monotonic()
            self._child = subprocess.Popen(self._command)
            code = self._child.wait()
            if self._stopping:
                break
            if time.monotonic() - start > SOUND_AFTER:
                delay = self._first
            print(f"the controller ended with {code}; again in {delay:.0f} s", file=sys.stderr, flush=True)
            end = time.monotonic() + delay
            while not self._stopping and time.monotonic() < end:
                time.sleep(0.1)
            delay = min(delay * 2, LAST_DELAY)
        return code


def main() -> int:
    return Supervisor([sys.executable, "-m", "slipway_gateway", "controller"]).run()
