"""What is to be done to each component, from what is recorded and from the live objects."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.kube import Client
from slipway.release.apply import expected_of
from slipway.release.certified import due
from slipway.release.diff import first_change
from slipway.release.inventory import Record
from slipway.release.plan import Action, Plan, decide, kinds_of
from slipway.release.snapshot import snapshot
from slipway.release.wait import surroundings


def assess(plan: Plan, client: Client, records: Mapping[str, Record]) -> dict[str, tuple[Action, str]]:
    """What is to be done to each component: one listing per kind, and a dry run for what is not plainly as applied."""
    # What is to be applied anyhow need not be looked at.
    same = {name for name, record in records.items() if not plan.reapply and name in plan.rendered}
    same = {name for name in same if records[name].digest == plan.rendered[name].digest}
    known = [plan.rendered[name] for name in sorted(same)]
    find, around = snapshot(client, kinds_of(known)), surroundings(client)
    expected = expected_of(obj for item in plan.rendered.values() for obj in item.objects)
    actions: dict[str, tuple[Action, str]] = {}
    for name, item in plan.rendered.items():
        action, why = decide(item, records.get(name), find, around, plan)
        if action != "apply" and (change := first_change(client, item, find, expected)):
            action, why = "apply", f"{change.ref} was changed: {change.fields[0].path}" if change.fields else why
        actions[name] = action, why
    if ending := [plan.rendered[name] for name, (action, _) in actions.items() if action != "apply"]:
        for name, (ref, why) in due(client, ending, plan.project).items():
            actions[name] = "apply", f"{ref} is made anew: {why}"
    return actions
