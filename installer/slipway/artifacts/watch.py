"""Says while builds run what each does, how many are done, and what remains."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from slipway.artifacts import doing, estimate, store
from slipway.artifacts.expected import Expected
from slipway.artifacts.model import Node
from slipway.progress import Reporter

#: Seconds between two reports: on a screen that is drawn anew, and in a log.
LIVE, PLAIN = 1.0, 30.0
#: Of a log that is longer, the end is read.
_READ = 2 << 20


@dataclass(frozen=True)
class State:
    """Of all builds: ``running`` is what each does, by id; ``remaining`` in seconds, None when nothing says it."""

    done: int
    total: int
    remaining: float | None
    running: Mapping[str, doing.Doing]

    @property
    def text(self) -> str:
        """``7 of 24 done, about 11 min remain``."""
        left = f", {estimate.spoken(self.remaining)} remain" if self.remaining is not None else ""
        return f"{self.done} of {self.total} done{left}"

    @property
    def line(self) -> str:
        """Everything in one line."""
        parts = [f"{name.partition('/')[2]}: {now.text}" for name, now in self.running.items() if now.text]
        return "; ".join([self.text, *parts])


class Watch:
    """Reports from a thread of its own, as long as it is entered."""

    def __init__(self, nodes: Sequence[Node], expected: Expected, reporter: Reporter) -> None:
        self._nodes, self._expected, self._reporter = nodes, expected, reporter
        self._began = time.monotonic()
        self._started: dict[str, float] = {}
        self._finished: set[str] = set()
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="watch")

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._reporter.whole_ended(_KEY)

    @contextmanager
    def building(self, node: Node) -> Iterator[None]:
        """A build runs inside; it counts as done when no error leaves it."""
        with self._lock:
            self._started[node.id] = time.monotonic()
        try:
            yield
            with self._lock:
                self._finished.add(node.id)
        finally:
            with self._lock:
                del self._started[node.id]

    def state(self) -> State:
        """What is to be said now."""
        with self._lock:
            started, finished, now = dict(self._started), set(self._finished), time.monotonic()
        does = {node.id: doing.of(node, _log(node)) for node in self._nodes if node.id in started}
        running = {name: estimate.Running(now - began, does[name].part) for name, began in started.items()}
        left = estimate.remaining(self._nodes, finished, running, self._expected, now - self._began)
        return State(len(finished), len(self._nodes), left, does)

    def _beat(self) -> None:
        while not self._ended.wait(LIVE if self._reporter.live else PLAIN):
            state = self.state()
            self._reporter.whole(
                _KEY,
                state.text if self._reporter.live else state.line,
                {f"artifacts: {name.replace('/', ' ')}": now.text for name, now in state.running.items()},
                done=state.done,
                total=state.total,
                remaining_seconds=None if state.remaining is None else round(state.remaining),
                running={name: {"doing": now.text, "part": _rounded(now.part)} for name, now in state.running.items()},
            )


_KEY = "artifacts"


def _rounded(part: float | None) -> float | None:
    return None if part is None else round(part, 3)


def _log(node: Node) -> str:
    try:
        with store.log_path(node).open("rb") as handle:
            handle.seek(max(0, store.log_path(node).stat().st_size - _READ))
            return handle.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
