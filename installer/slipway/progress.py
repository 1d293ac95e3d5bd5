"""What long work tells its user: live on a terminal, timestamped lines otherwise, JSON on request."""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TextIO

from slipway.liveview import LiveView, usable

Style = Literal["auto", "plain", "json"]


_default: list[Style] = ["auto"]


def use_style(style: Style) -> None:
    """The style of every Reporter that is made without one (``--progress``)."""
    _default[0] = style


_views: dict[int, LiveView] = {}


def _shared_view(stream: TextIO) -> LiveView:
    """One view for all Reporters of a stream; it leaves the screen when the process ends."""
    if id(stream) not in _views:
        _views[id(stream)] = LiveView(stream)
        atexit.register(_views[id(stream)].close)
    return _views[id(stream)]


def clear_screen() -> None:
    """Take everything live from the screen: before an error, a question or an abrupt end."""
    for view in _views.values():
        view.close()


@dataclass(frozen=True)
class Timing:
    """One finished step: ``group`` is the phase (artifacts, cluster, install, smoke), ``seconds`` its wall time."""

    group: str
    name: str
    seconds: float
    ok: bool = True


@dataclass
class Step:
    """A step while it runs: whoever ends it without an error may still say that it failed; ``note`` is told then."""

    ok: bool = True
    note: str = ""


@dataclass
class Reporter:
    """Collects timings and prints progress; safe to use from several threads."""

    style: Style = field(default_factory=lambda: _default[0])
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    timings: list[Timing] = field(default_factory=list)
    #: Is told everything, too: ``listener("said", text=…, mark=…, …)``.
    listener: Callable[..., None] | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _last: dict[str, str] = field(default_factory=dict, repr=False)
    _view: LiveView | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.style == "auto" and usable(self.stream, os.environ.get("TERM", "")):
            self._view = _shared_view(self.stream)

    def say(self, text: str, *, mark: str = " ", **fields: object) -> None:
        """Print one line: ``mark`` is ✓, ✗, … or a blank."""
        self._tell("said", text=text, mark=mark.strip(), **fields)
        with self._lock:
            if self.style == "json":
                event = {"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "mark": mark.strip()}
                self.stream.write(json.dumps({**event, "text": text, **fields}, ensure_ascii=False) + "\n")
                self.stream.flush()
                return
            line = f"{time.strftime('%H:%M:%S')} {mark} {text}"
            if self._view:
                self._view.write(line)
                if mark in ("✓", "✗"):
                    self._view.ended_by(text)
                return
            self.stream.write(line + "\n")
            self.stream.flush()

    def waiting(self, key: str, text: str, *, clock: object = None, why: str = "") -> None:
        """Say what ``key`` waits for, once per change of text, so that a log does not fill.

        ``clock`` says how long already (``12 s of 120 s``), ``why`` what holds it up.
        """
        whole = f"{text}{f' ({clock})' if clock is not None else ''}{f': {why}' if why else ''}"
        with self._lock:
            if self._last.get(key) == whole:
                return
            self._last[key] = whole
            awaited = text.removeprefix("waiting for ")
            if self._view:
                self._tell("said", text=f"{key}: {whole}", mark="…", subject=key)
                self._view.put(key, f"{awaited}: {why}" if why else awaited, state="waiting", clock=clock)
                return
        self.say(f"{key}: {whole}", mark="…", subject=key, state="waiting", waits_for=awaited, cause=why)

    def doing(self, key: str, state: str, text: str = "", *, clock: object = None) -> None:
        """What ``key`` is at, for the live view and for scripts; plain lines do without. ``pending``: not begun."""
        if self._view or self.style != "json":
            self._tell("said", text=f"{key}: {state}{f': {text}' if text else ''}", mark="", subject=key)
        with self._lock:
            if self._view:
                self._view.put(key, text, state=state, pinned=True, clock=clock)
                return
        if self.style == "json":
            self.say(f"{key}: {state}{f': {text}' if text else ''}", subject=key, state=state, waits_for=text)

    @property
    def live(self) -> bool:
        """Whether lines are drawn anew: then news may come every second, otherwise they fill a log."""
        return self._view is not None

    def whole(self, key: str, text: str, parts: Mapping[str, str], **fields: object) -> None:
        """How far many things are together.

        On a terminal ``text`` is a line of its own (``all KEY``) and each of ``parts`` goes to the line of the step of
        that name, as long as it runs; otherwise ``text`` is one line, and ``fields`` are those of the JSON event.
        """
        if self._view is None:
            self.say(f"{key}: {text}", mark="…", subject=key, **fields)
            return
        self._view.put(f"all {key}", text, pinned=True)
        for name, part in parts.items():
            self._view.change(name, part)

    def whole_ended(self, key: str) -> None:
        """There is nothing more to say of ``key``."""
        if self._view:
            self._view.remove(f"all {key}")

    def _tell(self, event: str, **fields: object) -> None:
        if self.listener:
            self.listener(event, **fields)

    @contextmanager
    def step(self, group: str, name: str, *, announce: bool = True) -> Iterator[Step]:
        """Time a step; one that raises is marked ✗ (the error goes on), and so is one whose ``ok`` is set to False."""
        if self._view:
            self._view.put(f"{group}: {name}", "", pinned=True)
        elif announce:
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
                if self._view:
                    self._view.remove(f"{group}: {name}")
            note = f": {step.note}" if step.note else ""
            self.say(f"{group}: {name} ({seconds:.1f} s){note}", mark="✓" if ok else "✗", seconds=round(seconds, 3))
