"""One layer at work: a process group of its own, whose output goes to out/<layer>.log."""

from __future__ import annotations

import codecs
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import layers_leftovers as leftovers
import layers_report as report
from layers_model import Layer, Result

#: Seconds for fixtures to end their machines after Ctrl-C, and then for the process itself.
GRACE, LAST = 120.0, 10.0


def say(text: str) -> None:
    """Print at once. Whoever listened may be gone: what was begun is ended properly all the same."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Running:
    """Started in the main thread, whose end ends it; ``out`` gets its log and its results."""

    def __init__(self, layer: Layer, out: Path, environment: Mapping[str, str], cwd: Path) -> None:
        self.layer, self._out = layer, out
        self.log, self._junit = out / f"{layer.name}.log", out / f"{layer.name}.xml"
        self._junit.unlink(missing_ok=True)
        self._mark = "" if layer.platform else leftovers.mark(layer.name, cwd)
        self._shown, self._begin = 0, time.monotonic()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with self.log.open("wb") as stream:
            self._process = subprocess.Popen(
                [*tied, *layer.words(str(self._junit))],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**environment, **({leftovers.NAME: self._mark} if self._mark else {})},
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def show(self) -> None:
        """Print what it has said since the last call."""
        with self.log.open("rb") as stream:
            stream.seek(self._shown)
            said = stream.read()
        self._shown += len(said)
        say(self._decoder.decode(said))

    def result(self, *, interrupted: bool = False) -> Result:
        """What became of it, once it has ended; what it left running ends now."""
        code = self._process.wait()
        self._clear()
        seconds = time.monotonic() - self._begin
        if interrupted:
            # Never a success, whatever its process made of it.
            return replace(report.read(self.layer, code or 1, seconds, self._junit), why="interrupted")
        return report.read(self.layer, code, seconds, self._junit)

    def interrupt(self) -> None:
        """Ctrl-C for all of its processes."""
        self._signal(signal.SIGINT)

    def end(self, grace: float = GRACE) -> None:
        """Wait for an interrupted one; what has not ended within ``grace`` seconds is ended."""
        for number, seconds in ((None, grace), (signal.SIGTERM, LAST), (signal.SIGKILL, LAST)):
            if number:
                self._signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                break
        self._clear()

    def kill(self) -> None:
        """At once."""
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._clear()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _clear(self) -> None:
        if self._mark:
            leftovers.end({self._mark})
