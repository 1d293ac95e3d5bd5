"""A queue of keys: one that waits is there once, one in work is not worked on twice at a time, failures back off."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class WorkQueue(Generic[K]):
    """For one event loop. ``base`` and ``limit`` bound the delay after failures, in seconds (base, 2·base, 4·base…)."""

    def __init__(self, base: float = 0.5, limit: float = 30.0) -> None:
        self._base, self._limit = base, limit
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._waiting: set[K] = set()
        self._working: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}

    def add(self, key: K) -> None:
        """Ask for work on ``key``: now, or when the present work on it ends."""
        timer = self._timers.pop(key, None)
        if timer:
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

    async def get(self) -> K:
        """The next key; ``done`` or ``failed`` must follow."""
        key = await self._ready.get()
        self._waiting.discard(key)
        self._working.add(key)
        return key

    def done(self, key: K) -> None:
        """The work succeeded."""
        self._failures.pop(key, None)
        self._end(key)

    def failed(self, key: K) -> float:
        """The work failed: it is repeated after the delay that is returned."""
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        delay = min(self._base * 2.0 ** min(count, 30), self._limit)
        # What happened meanwhile is seen by the repetition; what happens from now on brings it forward.
        self._again.discard(key)
        self._working.discard(key)
        self.add_later(key, delay)
        return delay

    def _end(self, key: K) -> None:
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._working) + len(self._timers)
