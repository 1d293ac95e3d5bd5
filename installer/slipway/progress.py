"""What long work tells its user: live on a terminal, timestamped lines otherwise, JSON on request."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TextIO

Style = Literal["auto", "plain", "json"]


_default: list[Style] = ["auto"]


def use_style(style: Style) -> None:
    """The style of every Reporter that is made without one (``--progress``)."""
    _default[0] = style


@dataclass(frozen=True)
class Timing:
    """One finished step: ``group`` is the phase (artifacts, cluster, install, smoke), ``seconds`` its wall time."""

    group: str
    name: str
    seconds: float
    ok: bool = True


@dataclass
class Step:
    """A step while it runs: whoever ends it without an error may still say that it failed."""

    ok: bool = True


@dataclass
class Reporter:
    """Collects timings and prints progress; safe to use from several threads."""

    style: Style = field(default_factory=lambda: _default[0])
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    timings: list[Timing] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _last: dict[str, str] = field(default_factory=dict, repr=False)

    def say(self, text: str, *, mark: str = " ", **fields: object) -> None:
        """Print one line: ``mark`` is ✓, ✗, … or a blank."""
        with self._lock:
            if self.style == "json":
                event = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "mark": mark.strip()}
                self.stream.write(json.dumps({**event, "text": text, **fields}, ensure_ascii=False) + "\n")
            else:
                stamp = time.strftime("%H:%M:%S")
                self.stream.write(f"{stamp} {mark} {text}\n")
            self.stream.flush()

    def waiting(self, key: str, text: str) -> None:
        """Say what ``key`` waits for, once per change of text, so that a log does not fill."""
        with self._lock:
            if self._last.get(key) == text:
                return
            self._last[key] = text
        self.say(f"{key}: {text}", mark="…")

    @contextmanager
    def step(self, group: str, name: str, *, announce: bool = True) -> Iterator[Step]:
        """Time a step; one that raises is marked ✗ (the error goes on), and so is one whose ``ok`` is set to False."""
        if announce:
            self.say(f"{group}: {name}", mark="·")
        start, step = time.monotonic(), Step()
        ok = False
        try:
            yield step
            ok = step.ok
        finally:
            seconds = time.monotonic() - start
            with self._lock:
                self.timings.append(Timing(group, name, seconds, ok))
            self.say(f"{group}: {name} ({seconds:.1f} s)", mark="✓" if ok else "✗", seconds=round(seconds, 3))
