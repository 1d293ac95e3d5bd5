"""Waiting with a deadline, saying for what."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from slipway.errors import NotYet, SlipwayError
from slipway.progress import Reporter

T = TypeVar("T")


def wait_for(
    name: str,
    check: Callable[[], T],
    *,
    seconds: float,
    reporter: Reporter,
    explain: Callable[[], tuple[str, ...]] = tuple,
    every: float = 0.25,
    quiet: float = 3.0,
) -> T:
    """Call ``check`` until it no longer raises NotYet; gives back its value.

    What it waits for is said after ``quiet`` seconds. Raises SlipwayError after ``seconds``, with ``explain()`` as
    the details.
    """
    begin = time.monotonic()
    while True:
        try:
            return check()
        except NotYet as reason:
            passed = time.monotonic() - begin
            if passed > seconds:
                raise SlipwayError(
                    f"not ready after {seconds:.0f} s: {reason.what}", name, reason.remedy, explain() or reason.details
                ) from reason
            if passed > quiet:
                reporter.waiting(name, reason.what)
        time.sleep(every)
