"""What a component that is skipped leaves on record: whatever may exist of it is on some record at any time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace

from slipway.errors import SlipwayError
from slipway.kube import Ref
from slipway.kube.objects import identity
from slipway.release.applying import component as one
from slipway.release.secrets import generate
from slipway.release.state.inventory import Record


def taken_over(
    refs: Iterable[Ref], name: str, records: Mapping[str, Record], brought: Mapping[str, set[Ref]]
) -> set[Ref]:
    """Those of a component's objects that others had and, by the plan, have no more.

    ``brought``: component of the plan → all that it brings now.
    """
    own = {identity(ref) for ref in records[name].all} if name in records else set()
    values = {
        identity(ref)
        for other, record in records.items()
        if other != name and other in brought
        for ref in record.all - brought[other]
    }
    kept = {identity(ref) for other, brings in brought.items() if other != name for ref in brings}
    return {ref for ref in refs if identity(ref) in values - kept - own}


def leave(context: one.InstallContext, name: str, why: str, stop: threading.Event) -> None:
    """Record of a component that is skipped what was applied of it ahead, and what others leave to it.

    Where the server is away for good, what was recorded before is true, too.
    """
    item, old, ahead = context.plan.rendered[name], context.records.get(name), context.ahead.get(name)
    blank = one.beginning(context, item)
    try:
        if ahead:
            ahead.result()
            one.say_failed(context, blank, f"skipped: {why}", stop)
            return
        brought = {
            other: {*rendered.refs, *generate.refs_of(context.plan.project, rendered)}
            for other, rendered in context.plan.rendered.items()
        }
        moved = taken_over(brought[name], name, context.records, brought)
        if moved and old:
            one.save_last(context, replace(old, objects=(*old.objects, *moved)), stop)
        elif moved:
            one.say_failed(
                context, replace(blank, objects=tuple(moved), secrets=(), starts=()), f"skipped: {why}", stop
            )
    except SlipwayError:
        return
