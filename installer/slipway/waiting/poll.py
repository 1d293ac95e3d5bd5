"""Looking again and again, with a deadline, saying for what."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from slipway.errors import NotYet, SlipwayError
from slipway.progress import Reporter
from slipway.waiting.clock import Clock

T = TypeVar("T")
#: Seconds between two looks: always the same, or a function of the seconds that were waited already.
Pause = float | Callable[[float], float]


def settle(
    look: Callable[[], T],
    enough: Callable[[T], bool],
    clock: Clock,
    *,
    every: Pause = 0.5,
    waiting: Callable[[T], None] = lambda seen: None,
) -> T:
    """Look until ``enough``; what was seen last, also when time is up. ``waiting`` gets what is not enough."""
    while True:
        clock.check()
        seen = look()
        if enough(seen) or clock.left <= 0:
            return seen
        waiting(seen)
        pause = every(clock.waited) if callable(every) else every
        time.sleep(min(pause, max(clock.left, 0.0)))


def poll(
    check: Callable[[], T], clock: Clock, *, every: Pause = 0.5, waiting: Callable[[NotYet], None] = lambda reason: None
) -> T:
    """What ``check`` returns once it no longer raises NotYet. Raises the last NotYet when time is up."""

    def look() -> T | NotYet:
        try:
            return check()
        except NotYet as reason:
            return reason

    def say(seen: T | NotYet) -> None:
        if isinstance(seen, NotYet):
            waiting(seen)

    seen = settle(look, lambda seen: not isinstance(seen, NotYet), clock, every=every, waiting=say)
    if isinstance(seen, NotYet):
        raise seen
    return seen


def wait_for(
    name: str,
    check: Callable[[], T],
    *,
    seconds: float,
    reporter: Reporter,
    explain: Callable[[], tuple[str, ...]] = tuple,
    every: Pause = 0.25,
    quiet: float = 3.0,
) -> T:
    """``poll`` for a part of the machine; what it waits for is said after ``quiet`` seconds.

    Raises SlipwayError after ``seconds``, with ``explain()`` as the details.
    """
    clock = Clock(seconds)

    def say(reason: NotYet) -> None:
        if clock.waited > quiet:
            reporter.waiting(name, reason.what)

    try:
        return poll(check, clock, every=every, waiting=say)
    except NotYet as reason:
        what = f"not ready after {seconds:.0f} s: {reason.what}"
        raise SlipwayError(what, name, reason.remedy, explain() or reason.details) from reason
