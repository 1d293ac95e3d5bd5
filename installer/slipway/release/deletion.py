"""Deleting objects and waiting until they are gone, with a deadline and a name for what holds them."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Client, NotServed, Obj, Ref
from slipway.progress import Reporter
from slipway.release.classify import Expected, classify
from slipway.release.holds import holds

PARALLEL = 8
PAUSE = 0.5
#: How often what holds an object is looked up while it is waited for.
LOOK_SECONDS = 5.0
#: Until such a group answers or its APIService is deleted, no namespace ends.
_UNSERVED = "an APIService does not answer: "
#: Stands for an object that cannot be looked at now.
_UNKNOWN: Obj = {"metadata": {}, "status": {}}


def describe(refs: Iterable[Ref]) -> str:
    """``delete 3 Deployment, 1 Job``."""
    kinds: dict[str, int] = {}
    for ref in refs:
        kinds[ref.kind] = kinds.get(ref.kind, 0) + 1
    return "delete " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def delete_and_wait(client: Client, refs: Collection[Ref], reporter: Reporter, timeout: float) -> None:
    """Delete objects and wait until they are gone, at most ``timeout`` seconds.

    Raises SlipwayError naming those that are not, and why.
    """
    if not refs:
        return
    with reporter.step("uninstall", describe(refs), announce=False):
        with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="delete") as pool:
            end = time.monotonic() + timeout
            asked = pool.map(lambda ref: _ask(client, ref, reporter, end), refs)
            there = [ref for ref, there in zip(refs, asked, strict=True) if there]
        wait_until_gone(client, there, reporter, timeout)


def _ask(client: Client, ref: Ref, reporter: Reporter, end: float) -> bool:
    """Ask for a deletion until the server can answer; whether there is anything to delete."""
    while True:
        try:
            return client.delete(ref)
        except SlipwayError as error:
            verdict = classify(error, ref, Expected())
            if verdict.state == "invalid" or time.monotonic() > end:
                raise SlipwayError(verdict.reason, f"uninstall: {ref}", verdict.remedy) from error
            reporter.waiting("uninstall", f"waiting to delete {ref}: {verdict.awaited or verdict.reason}")
            time.sleep(PAUSE)


def wait_until_gone(client: Client, refs: Collection[Ref], reporter: Reporter, timeout: float) -> None:
    """Wait for the end of objects. Raises SlipwayError naming those that are still there, and why."""
    start, left = time.monotonic(), list(refs)
    said = start - LOOK_SECONDS
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="gone") as pool:
        while left:
            objects = [found for found in pool.map(lambda ref: _look(client, ref), left) if found]
            left = [ref for ref, _ in objects]
            if left and time.monotonic() - start > timeout:
                lines = tuple(f"{ref}: {holder(found)}{holds(client, ref, found)}" for ref, found in objects)
                remedy = "is the controller that removes the finalizer still running? run uninstall again when it is"
                raise SlipwayError(f"not gone after {timeout:.0f} s", "uninstall", remedy, lines)
            if left:
                ref, found = objects[0]
                if time.monotonic() - said >= LOOK_SECONDS:
                    said, text = time.monotonic(), f"{ref}: {holder(found)}{holds(client, ref, found)}"
                    reporter.waiting("uninstall", f"waiting for the end of {text} ({len(left)} left)")
                time.sleep(PAUSE)


def _look(client: Client, ref: Ref) -> tuple[Ref, Obj] | None:
    """The object, or None when it is gone. A server that cannot answer now has not said that it is."""
    try:
        found = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    except NotServed:
        return None
    except (ApiError, NotYet):
        return ref, _UNKNOWN
    return (ref, found) if found else None


def holder(obj: Obj) -> str:
    """What keeps an object from going: its finalizers, or what a namespace says of its contents."""
    conditions = (obj.get("status") or {}).get("conditions") or []
    said = [
        f"{_UNSERVED if entry['type'] == 'NamespaceDeletionDiscoveryFailure' else ''}{entry.get('message', '')}"
        for entry in conditions
        if entry.get("status") == "True" and str(entry.get("type", "")).startswith("Namespace")
    ]
    finalizers = [*(obj["metadata"].get("finalizers") or [])]
    if obj.get("kind") == "Namespace" or "finalizers" in (obj.get("spec") or {}):
        return "; ".join(text for text in said if text) or "its contents are being deleted"
    return f"held by {', '.join(finalizers)}" if finalizers else "is being deleted"
