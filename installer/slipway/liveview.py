"""The live part of the progress on a terminal: one line for each thing under way, below the lines that stay."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

#: Times a second that the lines are drawn anew.
RATE = 4
#: Longer lists are cut: the screen is the user's.
MOST = 16
#: Seconds after which a line that nobody spoke of again is not drawn any more.
STALE = 60.0


@dataclass(frozen=True)
class _Line:
    """``began`` and ``told`` are of time.monotonic."""

    text: str
    began: float
    told: float
    pinned: bool


@dataclass
class LiveView:
    """Lines by key. Drawn while there are any; nothing is left of it when there are none.

    Safe to use from several threads.
    """

    stream: TextIO
    _lines: dict[str, _Line] = field(default_factory=dict)
    _live: Any = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, key: str, text: str, *, pinned: bool = False) -> None:
        """Begin a line, or change its text; its time goes on. ``pinned``: it stays until it is removed."""
        with self._lock:
            now = time.monotonic()
            began = self._lines[key].began if key in self._lines else now
            self._lines[key] = _Line(text, began, now, pinned)
            self._draw()

    def remove(self, key: str) -> None:
        """End a line."""
        with self._lock:
            if self._lines.pop(key, None) is not None:
                self._draw()

    def ended_by(self, text: str) -> None:
        """End the lines that a final line is about: ``argo: ready (3 s)`` ends ``argo`` and ``argo dag``."""
        about = text.partition(":")[0]
        with self._lock:
            for key in [key for key in self._lines if key == about or key.startswith(f"{about} ")]:
                self.remove(key)

    def write(self, line: str) -> None:
        """A line that stays, above the live ones."""
        with self._lock:
            if self._live is None:
                self.stream.write(line + "\n")
                self.stream.flush()
            else:
                self._live.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take the live lines from the screen."""
        with self._lock:
            self._lines.clear()
            self._draw()

    def _draw(self) -> None:
        if not self._lines:
            if self._live is not None:
                self._live.stop()
                self._live = None
            return
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            console = Console(file=self.stream, highlight=False)
            self._live = Live(console=console, get_renderable=self._table, refresh_per_second=RATE, transient=True)
            self._live.start()

    def _table(self) -> Any:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for name in ("key", "text"):
            table.add_column(name, no_wrap=True, overflow="ellipsis")
        table.add_column("time", justify="right", no_wrap=True)
        # A copy: threads add lines while this one draws.
        now = time.monotonic()
        rows = [(key, line) for key, line in list(self._lines.items()) if line.pinned or now - line.told < STALE]
        for key, line in rows[:MOST]:
            table.add_row(f"  {key}", line.text, f"{now - line.began:.0f} s")
        if len(rows) > MOST:
            table.add_row("", f"and {len(rows) - MOST} more", "")
        return table


def usable(stream: TextIO, term: str) -> bool:
    """Whether lines can be drawn again on this stream; ``term`` is $TERM."""
    return stream.isatty() and term not in ("", "dumb")
