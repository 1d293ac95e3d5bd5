"""Who has typed a wrong password waits before the next try, each time longer."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Tries before anybody waits; seconds of the first wait, which doubles, and of the longest.
FREE, FIRST, LONGEST = 5, 2.0, 300.0
#: Names that are remembered: what anybody can send must not fill the memory.
MOST = 10_000


@dataclass
class Throttle:
    """By user's name: count and time of failures. ``now`` is a monotonic clock's, in seconds."""

    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)

    def wait(self, name: str, now: float) -> float:
        """Seconds until the next try is looked at; 0 for at once."""
        count, since = self._failed.get(name, (0, now))
        if count < FREE:
            return 0.0
        pause = min(FIRST * float(2 ** min(count - FREE, 10)), LONGEST)
        return max(0.0, since + pause - now)

    def failed(self, name: str, now: float) -> None:
        """A wrong password was typed."""
        count, _ = self._failed.pop(name, (0, now))
        self._failed[name] = (count + 1, now)
        while len(self._failed) > MOST:
            del self._failed[next(iter(self._failed))]

    def succeeded(self, name: str) -> None:
        """The right one was."""
        self._failed.pop(name, None)
