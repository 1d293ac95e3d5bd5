"""Applying the objects of one component, stage after stage."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.ownership.owners import manager
from slipway.release.refusals.classify import TERMINATING, BeingDeleted, Expected, classify
from slipway.release.waiting.retry import retry_while_not_ready
from slipway.waiting import Clock

PARALLEL = 6


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

    return ref, retry_while_not_ready(act, ref, component, expected, clock, reporter)


def _may_go(client: Client, obj: Obj, error: ApiError) -> bool:
    """Whether an object that cannot be changed could be made anew as it is wanted."""
    from slipway.release.refusals.refusal import explain

    ref = ref_of(obj)
    live = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    return explain(client, obj, live, error, classify(error, ref, Expected())).anew


def _on_its_way_out(client: Client, ref: Ref, what: str = "the old object") -> BeingDeleted:
    from slipway.release.deletion.delete import held

    return BeingDeleted(
        f"{what} is being deleted: {held(client, ref)}",
        remedy="end what holds it, or the controller that should take its finalizer off, and run this again",
    )


def apply_all(
    client: Client, objects: Iterable[Obj], component: str, expected: Expected, clock: Clock, reporter: Reporter
) -> dict[Ref, Obj]:
    """Objects of one stage, side by side; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix=f"apply-{component}") as pool:
        todo = [pool.submit(apply_one, client, obj, component, expected, clock, reporter) for obj in objects]
    return dict(future.result() for future in todo)
