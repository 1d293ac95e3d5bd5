"""Deleting objects and waiting until they are gone, with a deadline and a name for what holds them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from slipway.errors import NotYet, SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.kube.lease import LostLock
from slipway.progress import Reporter
from slipway.release.deletion.blockers import blockers
from slipway.release.refusals.classify import Expected, classify
from slipway.waiting import Clock, poll
from slipway.waiting.objects import gone

PARALLEL = 12
#: Seconds between two looks: a twentieth of what was waited already, so that nobody waits much longer than it takes.
SHORTEST, LONGEST, SHARE = 0.05, 1.0, 0.05
#: From when on, and how often, what holds an object is reported while it is waited for.
FIRST_SECONDS, LOOK_SECONDS = 1.0, 5.0
#: Until such a group answers or its APIService is deleted, no namespace ends.
_UNSERVED = "an APIService does not answer: "
#: Stands for an object that cannot be looked at now.
_UNKNOWN: Obj = {"metadata": {}, "status": {}}


def describe(refs: Iterable[Ref]) -> str:
    """``delete 3 Deployment, 1 Job``."""
    return f"delete {counted(refs)}"


def counted(refs: Iterable[Ref]) -> str:
    """``3 Deployment, 1 Job``."""
    kinds: dict[str, int] = {}
    for ref in refs:
        kinds[ref.kind] = kinds.get(ref.kind, 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def delete_and_wait(client: Client, refs: Collection[Ref], reporter: Reporter, timeout: float) -> None:
    """Delete objects and wait until they are gone, at most ``timeout`` seconds.

    Raises SlipwayError naming those that are not, and why.
    """
    if not refs:
        return
    with reporter.step("uninstall", describe(refs), announce=False):
        wait_until_gone(client, ask(client, refs, reporter, timeout), reporter, timeout)


def ask(client: Client, refs: Collection[Ref], reporter: Reporter, timeout: float) -> list[Ref]:
    """Ask for the deletion of objects; those of them that may not be gone at once."""
    clock = Clock(timeout)
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="delete") as pool:
        asked = pool.map(lambda ref: _ask(client, ref, reporter, clock), refs)
        return [ref for ref, there in zip(refs, asked, strict=True) if there]


def _ask(client: Client, ref: Ref, reporter: Reporter, clock: Clock) -> bool:
    """Ask for a deletion until the server can answer; whether there is anything to wait for."""

    def begin() -> bool:
        try:
            return _begin(client, ref)
        except LostLock:
            raise
        except SlipwayError as error:
            verdict = classify(error, ref, Expected())
            if verdict.state == "invalid":
                raise SlipwayError(verdict.reason, f"uninstall: {ref}", verdict.remedy) from error
            reporter.waiting("uninstall", f"waiting to delete {ref}: {verdict.awaited or verdict.reason}")
            raise NotYet(verdict.reason, f"uninstall: {ref}", verdict.remedy) from error

    return poll(begin, clock, every=pause)


def _begin(client: Client, ref: Ref) -> bool:
    """Begin a deletion; False when there is nothing any more."""
    answer = client.begin_deletion(ref)
    # The server answers with a Status when the object is gone, and with the object when something holds it (of a few
    # kinds in any case). Source: the API server's registry Store.Delete.
    return answer is not None and (answer.get("kind"), answer.get("status")) != ("Status", "Success")


def pause(waited: float) -> float:
    """Seconds until the next look, after so many of waiting."""
    return min(max(waited * SHARE, SHORTEST), LONGEST)


def wait_until_gone(client: Client, refs: Collection[Ref], reporter: Reporter, timeout: float) -> None:
    """Wait for the end of objects. Raises SlipwayError naming those that are still there, and why."""
    reported = time.monotonic() - LOOK_SECONDS + FIRST_SECONDS

    def say(left: list[Ref]) -> None:
        nonlocal reported
        if time.monotonic() - reported >= LOOK_SECONDS:
            reported = time.monotonic()
            reporter.waiting("uninstall", f"waiting for the end of {held(client, left[0])} ({len(left)} left)")

    if left := gone(client, refs, Clock(timeout), every=pause, waiting=say):
        with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="held") as pool:
            lines = tuple(pool.map(lambda ref: held(client, ref), left))
        remedy = "is the controller that removes the finalizer still running? run uninstall again when it is"
        raise SlipwayError(f"not gone after {timeout:.0f} s", "uninstall", remedy, lines)


def held(client: Client, ref: Ref) -> str:
    """``Namespace harbour: its contents are being deleted; Pod harbour/web is left``."""
    try:
        obj = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    except SlipwayError:
        obj = None
    return f"{ref}: {holder(obj or _UNKNOWN)}{blockers(client, ref, obj) if obj else ''}"


def holder(obj: Obj) -> str:
    """What keeps an object from going: its finalizers, or what a namespace says of its contents."""
    conditions = (obj.get("status") or {}).get("conditions") or []
    messages = [
        f"{_UNSERVED if entry['type'] == 'NamespaceDeletionDiscoveryFailure' else ''}{entry.get('message', '')}"
        for entry in conditions
        if entry.get("status") == "True" and str(entry.get("type", "")).startswith("Namespace")
    ]
    finalizers = [*(obj["metadata"].get("finalizers") or [])]
    if obj.get("kind") == "Namespace" or "finalizers" in (obj.get("spec") or {}):
        return "; ".join(text for text in messages if text) or "its contents are being deleted"
    return f"held by {', '.join(finalizers)}" if finalizers else "is being deleted"
