"""Doing something again while the server's refusal is one that passes by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Ref
from slipway.kube.answers import NoNamespace
from slipway.progress import Reporter
from slipway.release.refusals.classify import Expected, Failure, causes, classify
from slipway.waiting import Clock

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0


def retry_while_not_ready(
    action: Callable[[], T], ref: Ref, component: str, expected: Expected, clock: Clock, reporter: Reporter
) -> T:
    """Do it; wait and do it again while the failure is one of *not yet*.

    Raises SlipwayError at once for what is invalid, and when time is up for what did not come true.
    """
    pause, start = FIRST_PAUSE, time.monotonic()
    while True:
        clock.check()
        try:
            return action()
        except (ApiError, NoNamespace, NotYet) as error:
            verdict = classify(error, ref, expected)
            where = f"component {component}: {ref}"
            if verdict.state == "invalid":
                raise SlipwayError(verdict.reason, where, verdict.remedy, causes(error)) from error
            if clock.left <= 0 or time.monotonic() - start > verdict.patience:
                what = f"after {min(clock.timeout, verdict.patience):.0f} s still: {verdict.reason}"
                raise SlipwayError(what, where, verdict.remedy, causes(error)) from error
            reporter.waiting(component, f"waiting for {_awaited(ref, verdict)}, {clock}")
            time.sleep(min(pause, max(clock.left, 0.05)))
            pause = min(pause * 2, LONGEST_PAUSE)


def _awaited(ref: Ref, verdict: Failure) -> str:
    """``webhook check.example.com: no endpoints (for Boat harbour/one)``, or the object with the server's message."""
    return f"{verdict.awaited} (for {ref})" if verdict.awaited else f"{ref}: {verdict.reason}"
