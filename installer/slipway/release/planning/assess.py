"""What is to be done to each component, from what is recorded and from the live objects."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.kube import Client
from slipway.release.objects.snapshot import snapshot
from slipway.release.objects.storage_classes import storage_classes
from slipway.release.planning.compare import first_change
from slipway.release.planning.plan import Action, Plan, decide, kinds_of
from slipway.release.refusals.classify import expected_of
from slipway.release.secrets.certificates import due
from slipway.release.state.inventory import Record


def assess(plan: Plan, client: Client, records: Mapping[str, Record]) -> dict[str, tuple[Action, str]]:
    """What is to be done to each component: one listing per kind, and a dry run for what is not plainly as applied."""
    # What is to be applied anyhow need not be looked at.
    same = {name for name, record in records.items() if not plan.reapply and name in plan.rendered}
    same = {name for name in same if records[name].digest == plan.rendered[name].digest}
    known = [plan.rendered[name] for name in sorted(same)]
    find, around = snapshot(client, kinds_of(known)), storage_classes(client)
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
