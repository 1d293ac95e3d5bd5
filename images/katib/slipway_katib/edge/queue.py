"""Work by key: many events about one key are one piece of work, one key is worked on by one worker at a time."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
log = logging.getLogger("slipway_katib.queue")


class WorkQueue(Generic[Key]):
    """Runs ``work(key)``; a key whose work raises comes back later, ever later while it goes on."""

    def __init__(
        self, work: Callable[[Key], Awaitable[None]], *, workers: int = 4, first: float = 0.2, most: float = 60.0
    ) -> None:
        self._work, self._workers, self._first, self._most = work, workers, first, most
        self._ready: asyncio.Queue[Key] = asyncio.Queue()
        self._queued: set[Key] = set()
        self._busy: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._later: dict[Key, asyncio.TimerHandle] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, key: Key) -> None:
        """There may be something to do for this key."""
        if key in self._busy:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.put_nowait(key)

    def start(self) -> None:
        """Start the workers, in the running loop."""
        self._tasks = [asyncio.create_task(self._run()) for _ in range(self._workers)]

    async def stop(self) -> None:
        """Stop; what is under way is cut off between two requests."""
        for handle in self._later.values():
            handle.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def delay(self, failures: int) -> float:
        """Seconds until the next attempt after this many failures, with jitter."""
        return float(min(self._first * 2 ** min(failures - 1, 20), self._most)) * random.uniform(0.75, 1.25)  # noqa: S311

    async def _run(self) -> None:
        while True:
            key = await self._ready.get()
            self._queued.discard(key)
            self._busy.add(key)
            try:
                await self._work(key)
                self._failures.pop(key, None)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # whatever it is, other keys go on and this one is tried again
                self._fail(key, error)
            finally:
                self._busy.discard(key)
            if key in self._again:
                self._again.discard(key)
                self.add(key)

    def _fail(self, key: Key, error: Exception) -> None:
        self._failures[key] = failures = self._failures.get(key, 0) + 1
        wait = self.delay(failures)
        log.warning("%s: %s: %s; again in %.1f s", key, type(error).__name__, error, wait)
        if key in self._later:
            self._later[key].cancel()
        self._later[key] = asyncio.get_running_loop().call_later(wait, self._due, key)

    def _due(self, key: Key) -> None:
        self._later.pop(key, None)
        self.add(key)
