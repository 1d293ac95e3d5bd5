"""Applying the objects of one component, stage after stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.kube.answers import NoNamespace
from slipway.progress import Reporter
from slipway.release.classify import TERMINATING, BeingDeleted, Expected, Failure, causes, classify
from slipway.release.wait import Clock

T = TypeVar("T")
PARALLEL = 6
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0


def expected_of(objects: Iterable[Obj], replace: Collection[str] = ()) -> Expected:
    """The kinds and namespaces that these objects bring; ``replace`` names those that may be made anew."""
    kinds, namespaces, anew = set(), set(), set[Ref]()
    if replace:
        from slipway.release.refusal import names
    for obj in objects:
        if replace and names(replace, ref := ref_of(obj)):
            anew.add(ref)
        if obj.get("kind") == "CustomResourceDefinition":
            kinds.add((obj["spec"]["group"], obj["spec"]["names"]["kind"]))
        elif obj.get("kind") == "Namespace":
            namespaces.add(obj["metadata"]["name"])
    return Expected(frozenset(kinds), frozenset(namespaces), frozenset(anew))


def persist(
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


def apply_one(
    client: Client, obj: Obj, component: str, expected: Expected, clock: Clock, reporter: Reporter
) -> tuple[Ref, Obj]:
    """Server-side apply of one object under the component's own field manager.

    One that is on its way out is waited for and made anew: what is applied to it would go with it. So is a Job whose
    pods would change: a Job cannot be changed, and runs again. So is, where it is asked for, what cannot be changed.
    """
    ref = ref_of(obj)
    asked = ref in expected.anew

    def act() -> Obj:
        try:
            answer = client.apply(obj, manager=manager(component))
        except ApiError as error:
            if error.status in (403, 422) and (asked or ref.kind == "Job") and _may_go(client, obj, error):
                client.delete(ref)
                reporter.say(f"{component}: {ref} cannot be changed: it is made anew", mark="±")
                raise BeingDeleted(f"{ref} is being deleted, to be made anew") from error
            if classify(error, ref, expected).name == TERMINATING:
                raise _on_its_way_out(client, Ref("v1", "Namespace", "", ref.namespace), "its namespace") from error
            raise
        if (answer.get("metadata") or {}).get("deletionTimestamp"):
            raise _on_its_way_out(client, ref)
        return answer

    return ref, persist(act, ref, component, expected, clock, reporter)


def _may_go(client: Client, obj: Obj, error: ApiError) -> bool:
    """Whether an object that cannot be changed could be made anew as it is wanted."""
    from slipway.release.refusal import explain

    ref = ref_of(obj)
    live = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    return explain(client, obj, live, error, classify(error, ref, Expected())).anew


def _on_its_way_out(client: Client, ref: Ref, what: str = "the old object") -> BeingDeleted:
    from slipway.release.deletion import held

    return BeingDeleted(
        f"{what} is being deleted: {held(client, ref)}",
        remedy="end what holds it, or the controller that should take its finalizer off, and run this again",
    )


def manager(component: str) -> str:
    """The field manager. One per component: where two bring the same object, each owns what it says."""
    return f"slipway-{component}"


def apply_all(
    client: Client, objects: Iterable[Obj], component: str, expected: Expected, clock: Clock, reporter: Reporter
) -> dict[Ref, Obj]:
    """Objects of one stage, side by side; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix=f"apply-{component}") as pool:
        todo = [pool.submit(apply_one, client, obj, component, expected, clock, reporter) for obj in objects]
    return dict(future.result() for future in todo)
