"""Custom resource definitions of what is new in a cluster: all at once at the start, beside everything else.

The server needs longer for a definition than for anything else, and nobody has to wait for another's. A component that
is installed already gets its new definitions in its turn: should what it stands on fail, it stays as it was.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from slipway.kube import Obj, Ref, ref_of
from slipway.release.applying import component as one
from slipway.release.applying.apply import apply_all
from slipway.release.objects.order import DEFINITIONS, stage
from slipway.release.planning.plan import Action
from slipway.render import Rendered
from slipway.waiting import Clock

#: component → its definitions as they were applied, or what went wrong.
Ahead = Mapping[str, Future[dict[Ref, Obj]]]


def of(rendered: Rendered) -> list[Obj]:
    """The definitions among a component's objects."""
    return [obj for obj in rendered.objects if stage(ref_of(obj)) == DEFINITIONS]


def new(context: one.InstallContext, actions: Mapping[str, tuple[Action, str]]) -> list[str]:
    """The components whose definitions need not wait for their turn: never installed, and they have some."""
    rendered = context.plan.rendered
    return [
        name
        for name, (action, _) in actions.items()
        if action == "apply" and name not in {*context.records, *context.refused} and of(rendered[name])
    ]


def begin(context: one.InstallContext, names: list[str], stop: threading.Event) -> Ahead:
    """Begin to apply them, each component's after its record; ``stop`` ends that."""
    pool = ThreadPoolExecutor(max_workers=max(len(names), 1), thread_name_prefix="definitions")
    begun = {name: pool.submit(_apply, context, context.plan.rendered[name], stop) for name in names}
    pool.shutdown(wait=False)
    return begun


def failed(ahead: Ahead) -> set[str]:
    """The components of which it is known that their definitions cannot be applied."""
    return {name for name, future in ahead.items() if future.done() and future.exception() is not None}


def _apply(context: one.InstallContext, rendered: Rendered, stop: threading.Event) -> dict[Ref, Obj]:
    component = rendered.component
    clock = Clock(context.plan.timeouts.get(component.name, component.timeout), stop)
    one.save(context, one.beginning(context, rendered), clock)
    return apply_all(context.client, of(rendered), component.name, context.expected, clock, context.reporter)
