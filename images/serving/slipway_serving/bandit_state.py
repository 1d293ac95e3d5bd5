"""What a multi-armed bandit has learned, in a file that all processes of a Pod share and that outlives them."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)


@dataclass
class Learned:
    """Successes and tries by branch; ``best`` is the branch that the last feedback made the best, if any."""

    success: list[int] = field(default_factory=list)
    tries: list[int] = field(default_factory=list)
    best: int | None = None

    def fitted(self, branches: int) -> Learned:
        """For this many branches: new ones start with nothing, those that are gone are forgotten."""
        return Learned(
            [*self.success, *[0] * branches][:branches],
            [*self.tries, *[0] * branches][:branches],
            self.best if self.best is not None and self.best < branches else None,
        )


class State:
    """One file. It is read again when another process has written it, and written as a whole or not at all."""

    def __init__(self, file: Path, branches: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file
        self._branches = branches
        self._version: tuple[int, int] | None = None
        self._learned = Learned().fitted(branches)

    def now(self) -> Learned:
        """What all processes have learned so far. Not to be changed: see ``changing``."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return self._learned
        version = (found.st_ino, found.st_mtime_ns)
        if version != self._version:
            self._learned, self._version = self._read(), version
        return self._learned

    @contextmanager
    def changing(self) -> Iterator[Learned]:
        """What was learned, to be changed; written at the block's end, while all other processes wait."""
        with self._file.with_name(self._file.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._version = None
            learned = self.now()
            yield learned
            self._write(learned)

    def _read(self) -> Learned:
        try:
            return Learned(**json.loads(self._file.read_text(encoding="utf-8"))).fitted(self._branches)
        except (ValueError, TypeError) as error:
            broken = self._file.with_name(self._file.name + ".broken")
            logger.error("%s is not what a bandit wrote (%s): it is now %s, and learning begins anew",
                         self._file, error, broken)  # fmt: skip
            self._file.replace(broken)
            return Learned().fitted(self._branches)

    def _write(self, learned: Learned) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self._file.parent, prefix=".bandit-", delete=False) as made:
            json.dump(asdict(learned), made)
            made.flush()
            os.fsync(made.fileno())
        Path(made.name).replace(self._file)
