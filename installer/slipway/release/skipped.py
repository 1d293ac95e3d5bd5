"""What a component that is skipped leaves on record: whatever may exist of it is on some record at any time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace

from slipway.errors import SlipwayError
from slipway.kube import Ref
from slipway.release import component as one
from slipway.release import secrets
from slipway.release.inventory import Record
from slipway.release.prune import identity


def taken_over(
    refs: Iterable[Ref], name: str, records: Mapping[str, Record], brought: Mapping[str, set[Ref]]
) -> set[Ref]:
    """Those of a component's objects that others had and, by the plan, have no more.

    ``brought``: component of the plan → all that it brings now.
    """
    own = {identity(ref) for ref in records[name].all} if name in records else set()
    given = {
        identity(ref)
        for other, record in records.items()
        if other != name and other in brought
        for ref in record.all - brought[other]
    }
    kept = {identity(ref) for other, brings in brought.items() if other != name for ref in brings}
    return {ref for ref in refs if identity(ref) in given - kept - own}


def leave(site: one.Site, name: str, why: str, stop: threading.Event) -> None:
    """Record of a component that is skipped what was applied of it ahead, and what others leave to it.

    Where the server is away for good, what was recorded before is true, too.
    """
    item, old, ahead = site.plan.rendered[name], site.records.get(name), site.ahead.get(name)
    blank = one.beginning(site, item)
    try:
        if ahead:
            ahead.result()
            one.say_failed(site, blank, f"skipped: {why}", stop)
            return
        brought = {
            other: {*rendered.refs, *secrets.refs_of(site.plan.project, rendered)}
            for other, rendered in site.plan.rendered.items()
        }
        moved = taken_over(brought[name], name, site.records, brought)
        if moved and old:
            one.save_last(site, replace(old, objects=(*old.objects, *moved)), stop)
        elif moved:
            one.say_failed(site, replace(blank, objects=tuple(moved), secrets=(), starts=()), f"skipped: {why}", stop)
    except SlipwayError:
        return
