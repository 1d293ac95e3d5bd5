"""The live part of the progress on a terminal: one line for each thing under way, below the lines that stay."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

#: Times a second that the lines are drawn anew.
RATE = 4
#: Longer lists are cut: the screen is the user's.
MOST = 16
#: Width that a line's name has at least, where it is that long.
KEY = 24
#: Seconds after which a line that nobody spoke of again is not drawn any more.
STALE = 60.0


#: States of a line that has not begun: its time does not run.
PENDING = "pending"


@dataclass(frozen=True)
class _Line:
    """``began`` and ``updated`` are of time.monotonic; ``clock`` says the time when the line is drawn."""

    state: str
    text: str
    began: float
    updated: float
    pinned: bool
    clock: object = None

    def time(self, now: float) -> str:
        """``12 s of 120 s``, or ``12 s``."""
        if self.state == PENDING:
            return ""
        return str(self.clock) if self.clock is not None else f"{now - self.began:.0f} s"


@dataclass
class LiveView:
    """Lines by key. Drawn while there are any; nothing is left of it when there are none.

    Safe to use from several threads.
    """

    stream: TextIO
    _lines: dict[str, _Line] = field(default_factory=dict)
    _live: Any = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, key: str, text: str, *, state: str = "", pinned: bool = False, clock: object = None) -> None:
        """Begin a line, or change it; its time goes on. ``pinned``: it stays until it is removed.

        ``argo dag`` is reported in the line of ``argo`` where there is one, as its text.
        """
        with self._lock:
            owner = next((one for one, line in self._lines.items() if line.pinned and key.startswith(f"{one} ")), "")
            if owner:
                key, text = owner, f"{key.removeprefix(owner + ' ')}: {text}"
            now, old = time.monotonic(), self._lines.get(key)
            if old is not None and old.state == PENDING and state != PENDING:
                # It begins now, and comes before those that have not begun.
                del self._lines[key]
                old = None
                pinned = True
            began = old.began if old else now
            kept = old.clock if old and clock is None else clock
            self._lines[key] = _Line(state, text, began, now, pinned or bool(old and old.pinned), kept)
            self._draw()

    def change(self, key: str, text: str) -> None:
        """Say something else in a line, if it is there still: what ended in the meantime does not come back."""
        with self._lock:
            if key in self._lines:
                self._lines[key] = replace(self._lines[key], text=text, updated=time.monotonic())

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
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        # A copy: threads add lines while this one draws.
        now = time.monotonic()
        rows = [(key, line) for key, line in list(self._lines.items()) if line.pinned or now - line.updated < STALE]
        rows.sort(key=lambda row: row[1].state == PENDING)
        visible = [(f"  {key}", line.state, line.text, line.time(now)) for key, line in rows[:MOST]]
        if len(rows) > MOST:
            visible.append(("", "", f"and {len(rows) - MOST} more", ""))
        # Only the text gives way where the terminal is narrow.
        table = Table.grid(padding=(0, 2), expand=True)
        widths = [max((len(row[column]) for row in visible), default=0) for column in range(4)]
        table.add_column("key", no_wrap=True, overflow="ellipsis", min_width=min(widths[0], KEY))
        table.add_column("state", no_wrap=True, min_width=widths[1])
        table.add_column("text", no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column("time", no_wrap=True, justify="right", min_width=widths[3])
        for row in visible:
            # Texts of others: what looks like markup is none.
            table.add_row(*(Text(cell) for cell in row))
        # The terminal echoes ^C where the cursor is: behind a full line it would wrap, and the rest not be wiped away.
        return Group(table, Text(""))


def usable(stream: TextIO, term: str) -> bool:
    """Whether lines can be drawn again on this stream; ``term`` is $TERM."""
    return stream.isatty() and term not in ("", "dumb")
