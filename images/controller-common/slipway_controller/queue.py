"""Work by key: many events about one key are one piece of work, and no key is worked on twice at a time."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from slipway_controller.api import ApiError

log = logging.getLogger(__name__)
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Key:
    """The object that an event was about."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class WorkQueue(Generic[K]):
    """Runs ``work(key)``, for one event loop. It may return the seconds after which the key comes again by itself.

    A key whose work raises comes back after a delay that doubles from ``first`` to ``most`` seconds.
    """

    def __init__(
        self,
        work: Callable[[K], Awaitable[float | None]],
        *,
        workers: int = 4,
        first: float = 0.2,
        most: float = 30.0,
    ) -> None:
        self._work, self._workers, self._first, self._most = work, workers, first, most
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._waiting: set[K] = set()
        self._working: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, key: K) -> None:
        """Ask for work on ``key``: now, or when the present work on it ends."""
        if timer := self._timers.pop(key, None):
            timer.cancel()
        if key in self._working:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._ready.put_nowait(key)

    def add_later(self, key: K, seconds: float) -> None:
        """Ask for work on ``key`` after a time; an earlier request wins."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer and timer.when() <= loop.time() + seconds:
            return
        if timer:
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self.add, key)

    def start(self) -> None:
        """Start the workers, in the running loop."""
        self._tasks = [asyncio.create_task(self._run()) for _ in range(self._workers)]

    async def stop(self) -> None:
        """Stop; what is under way is cut off between two requests, the next start does what is left."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def alive(self) -> int:
        """How many keys there are, for a liveness probe. Raises RuntimeError when a worker has ended."""
        if any(task.done() for task in self._tasks):
            raise RuntimeError("a worker has ended")
        return len(self._waiting) + len(self._working) + len(self._timers)

    def delay(self, failures: int) -> float:
        """Seconds until the next attempt after this many failures, with jitter."""
        return float(min(self._first * 2 ** min(failures - 1, 30), self._most)) * random.uniform(0.75, 1.25)  # noqa: S311

    async def _run(self) -> None:
        while True:
            key = await self._ready.get()
            self._waiting.discard(key)
            self._working.add(key)
            try:
                again = await self._work(key)
            except Exception as error:  # whatever it is, other keys go on and this one is tried again
                self._fail(key, error)
                continue
            self._failures.pop(key, None)
            self._working.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.add(key)
            elif again is not None:
                self.add_later(key, again)

    def _fail(self, key: K, error: Exception) -> None:
        self._failures[key] = failures = self._failures.get(key, 0) + 1
        # What happened meanwhile is seen by the repetition; what happens from now on brings it forward.
        self._again.discard(key)
        self._working.discard(key)
        wait = self.delay(failures)
        self.add_later(key, wait)
        if isinstance(error, ApiError):
            # A conflict means that our view was old: nothing is wrong.
            level = logging.INFO if error.status == 409 else logging.WARNING
            log.log(level, "%s: %s; again in %.1f s", key, error, wait)
        else:
            log.error("%s: again in %.1f s", key, wait, exc_info=error)
