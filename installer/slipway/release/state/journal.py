"""What an installer does, kept on disk beside what the cluster knows: one file a run, one JSON object a line.

The cluster's records say what may exist; the journal says how far the last run came, also when nobody could write to
the cluster any more. A line has left the process before the next thing is done; a full disk ends the journal, not the
run.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway import paths
from slipway.progress import Reporter
from slipway.release.state.lock import has_ended, identity
from slipway.release.state.reading import UNREADABLE

#: How many runs stay.
KEPT = 20
#: Of how many subjects the last words of a killed run are reported.
MOST = 5
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Run:
    """A run as its journal tells it. ``ended`` says how, "" for one that was killed or still runs; ``last`` is the last
    thing that it said of each subject."""

    path: Path
    server: str
    action: str
    began: str
    holder: str
    ended: str = ""
    last: dict[str, str] = field(default_factory=dict)

    @property
    def killed(self) -> bool:
        """Whether it did not end, and its process has."""
        return not self.ended and has_ended(self.holder)


@contextmanager
def keeping(server: str, action: str, reporter: Reporter) -> Iterator[Callable[[str], None]]:
    """Keep a journal of what ``reporter`` gets within a ``with``; yields what is to be called with how it ended.

    An exception is written down as the end, too, and goes on.
    """
    journal = _Journal(server, action)
    before, reporter.listener = reporter.listener, journal.note
    try:
        yield lambda how: journal.note("end", how=how)
    except BaseException as error:
        journal.note("end", how=f"{type(error).__name__}: {error}".rstrip(": "))
        raise
    finally:
        reporter.listener = before
        journal.close()


def runs() -> list[Run]:
    """The runs of this machine, oldest first; what cannot be read is left out."""
    newest_first = []
    for path in sorted(paths.journal().glob("*.jsonl")):
        with suppress(OSError, *UNREADABLE, KeyError, TypeError, AttributeError):
            newest_first.append(read(path))
    return newest_first


def last(server: str) -> Run | None:
    """The newest run against a server."""
    return next((run for run in reversed(runs()) if run.server == server), None)


def tell_of_killed(server: str, reporter: Reporter) -> None:
    """Say what the newest run against a server was at when it was killed; nothing where it was not."""
    run = last(server)
    if run is None or not run.killed:
        return
    reporter.say(f"the last {run.action}, begun {run.began}, was killed; this one goes on ({run.path})", mark="!")
    for text in list(run.last.values())[-MOST:]:
        reporter.say(f"  it was at {text}")


def read(path: Path) -> Run:
    """A journal. Its last line may be half of one. What is none raises one of several errors."""
    begin, *lines = path.read_text(encoding="utf-8").splitlines()
    about, results, ended = json.loads(begin), dict[str, str](), ""
    for line in lines:
        with suppress(*UNREADABLE, AttributeError):
            event = json.loads(line)
            if event.get("event") == "end":
                ended = str(event.get("how", "ended"))
            elif event.get("text"):
                text = str(event["text"])
                results[str(event.get("subject") or text.partition(":")[0])] = text
    server, action, began, holder = (about[key] for key in ("server", "action", "time", "holder"))
    if not all(isinstance(text, str) for text in (server, action, began, holder)):
        raise ValueError(f"{path} is not a journal")
    return Run(path, server, action, began, holder, ended, results)


class _Journal:
    """One file that is written to, as long as that works."""

    def __init__(self, server: str, action: str) -> None:
        self._lock, self._file = threading.Lock(), None
        directory = paths.journal()
        with suppress(OSError):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09d}-{os.getpid()}.jsonl"
            self._file = (directory / name).open("a", encoding="utf-8")
            self.note("begin", server=server, action=action, holder=identity(os.getpid()))
            for old in sorted(directory.glob("*.jsonl"))[:-KEPT]:
                old.unlink(missing_ok=True)

    def note(self, event: str, **fields: Any) -> None:
        """One more line."""
        line = {"time": time.strftime(_TIME, time.gmtime()), "event": event, **fields}
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
                self._file.flush()
                if event in ("begin", "end"):
                    os.fsync(self._file.fileno())
            except (OSError, ValueError):
                self._drop()

    def close(self) -> None:
        """No more lines."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        with suppress(OSError):
            if self._file:
                self._file.close()
        self._file = None
