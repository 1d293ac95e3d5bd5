"""Waiting for an object by watching it: with a deadline, a word on what is waited for, and a look at its Pods."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.naming import IMAGE_HOST
from slipway.progress import Reporter
from slipway.smoke import diagnose

#: Seconds after which a silent watch gives way to a look at the Pods.
LOOK = 10


@dataclass(frozen=True)
class Seen:
    """What an object's state means: ``done``, or ``failed`` with a reason, or still under way; ``text`` for people."""

    text: str
    done: bool = False
    failed: str = ""


Judge = Callable[[Obj], Seen]


def wait(kube: Client, ref: Ref, judge: Judge, pods: str, seconds: float, reporter: Reporter) -> Obj:
    """The object once ``judge`` finds it done.

    ``pods`` selects the Pods behind it: one that can never start ends the wait. Raises SlipwayError with events and
    last log lines when it failed, was deleted, or the deadline (in seconds) is over.
    """
    deadline = time.monotonic() + seconds
    seen = Seen("not created yet")
    while (rest := deadline - time.monotonic()) > 0:
        try:
            for kind, obj in kube.watch(
                ref.api_version,
                ref.kind,
                ref.namespace,
                fields=f"metadata.name={ref.name}",
                timeout=max(1, round(min(rest, LOOK))),
            ):
                if kind == "DELETED":
                    raise SlipwayError("was deleted by somebody else while it was waited for", str(ref))
                seen = judge(obj)
                if seen.failed:
                    raise SlipwayError(seen.failed, str(ref), "", diagnose.details(kube, ref, pods))
                if seen.done:
                    return obj
                reporter.waiting(f"smoke: {ref}", seen.text)
        except NotYet as error:
            reporter.waiting(f"smoke: {ref}", error.what)
            time.sleep(1)
        except ApiError as error:
            if error.status != 410:
                raise
        stuck = diagnose.stuck(kube, ref.namespace, pods)
        if stuck:
            remedy = "bring Slipway's images to the nodes: slipway up" if f"{IMAGE_HOST}/" in stuck else ""
            raise SlipwayError(stuck, str(ref), remedy, diagnose.details(kube, ref, pods))
    raise SlipwayError(
        f"not done within {seconds:.0f} s: {seen.text}",
        str(ref),
        "give it more time with smoke.step_timeout, or look at the causes above",
        diagnose.details(kube, ref, pods),
    )


def gone(kube: Client, refs: list[Ref], seconds: float) -> list[Ref]:
    """Wait until objects are gone; those that still exist after ``seconds``."""
    deadline = time.monotonic() + seconds
    left = list(refs)
    while True:
        left = [ref for ref in left if _exists(kube, ref)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.3)


def _exists(kube: Client, ref: Ref) -> bool:
    try:
        return kube.get(ref.api_version, ref.kind, ref.name, ref.namespace) is not None
    except NotYet:
        return False
