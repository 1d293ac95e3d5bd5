"""Waiting for an object by watching it, and for the end of several."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.kube.existence import still_there
from slipway.waiting.clock import Clock
from slipway.waiting.poll import Pause, settle

#: Seconds after which a silent watch gives way to another look at what is around the object.
LOOK = 10
PARALLEL = 12


@dataclass(frozen=True)
class Seen:
    """What an object's state means: ``done``, or ``failed`` with a reason, or still under way; ``text`` for people."""

    text: str
    done: bool = False
    failed: str = ""


Judge = Callable[[Obj], Seen]


@dataclass(frozen=True)
class Failing:
    """What an error says when the object is not done in time: ``late`` and why; with ``remedy`` and ``details``.

    ``look`` may raise, now and then, because of something beside the object: a Pod that can never start.
    """

    late: str = ""
    remedy: str = ""
    details: Callable[[], tuple[str, ...]] = tuple
    look: Callable[[], None] = lambda: None


def until(
    kube: Client, ref: Ref, judge: Judge, seconds: float, waiting: Callable[[str], None], failing: Failing
) -> Obj:
    """The object once ``judge`` finds it done; ``waiting`` gets the text of what it is until then.

    Raises SlipwayError when it failed, was deleted, or the deadline (in seconds) is over. An API server that is away
    for a moment is waited for.
    """
    clock, seen = Clock(seconds), Seen("not created yet")
    while clock.left > 0:
        try:
            for event, obj in _watch(kube, ref, clock):
                if event == "DELETED":
                    raise SlipwayError("was deleted by somebody else while it was waited for", str(ref))
                seen = judge(obj)
                if seen.failed:
                    raise SlipwayError(seen.failed, str(ref), "", failing.details())
                if seen.done:
                    return obj
                waiting(seen.text)
                if clock.left <= 0:
                    break
        except NotYet as error:
            waiting(error.what)
            time.sleep(min(1.0, max(clock.left, 0.0)))
        except ApiError as error:
            # Too old a version: the next watch begins with a listing.
            if error.status != 410:
                raise
        failing.look()
    late = failing.late or f"not done within {seconds:.0f} s"
    raise SlipwayError(f"{late}: {seen.text}", str(ref), failing.remedy, failing.details())


def _watch(kube: Client, ref: Ref, clock: Clock) -> Iterable[tuple[str, Obj]]:
    seconds = max(1, round(min(clock.left, LOOK)))
    return kube.watch(ref.api_version, ref.kind, ref.namespace, fields=f"metadata.name={ref.name}", timeout=seconds)


def gone(
    kube: Client,
    refs: Iterable[Ref],
    clock: Clock,
    *,
    every: Pause = 0.3,
    waiting: Callable[[list[Ref]], None] = lambda left: None,
) -> list[Ref]:
    """Wait until objects are gone; those that are still there when time is up."""
    left = list(refs)

    def look() -> list[Ref]:
        nonlocal left
        left = still_there(kube, left, pool) if left else []
        return left

    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="gone") as pool:
        return settle(look, lambda left: not left, clock, every=every, waiting=waiting)
