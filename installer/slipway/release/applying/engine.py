"""The whole installation: nothing where nothing is to be done, else a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.catalog.graph import levels
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.release.applying import ledger
from slipway.release.applying.outcome import Installation, Outcome
from slipway.release.planning.assess import assess
from slipway.release.planning.plan import Plan
from slipway.release.state import inventory

if TYPE_CHECKING:
    from slipway.release.applying.component import Prepare

__all__ = ["Installation", "Outcome", "install"]


def install(
    plan: Plan,
    client: Client,
    reporter: Reporter,
    *,
    node_ip: str = "",
    gateway: str = "",
    prepare: Prepare | None = None,
) -> Installation:
    """Carry out a plan. Failures of components are outcomes; what stands before them raises SlipwayError.

    ``prepare`` is called for each component before its workloads are applied (to bring its images to the node).
    """
    order = [name for wave in levels(plan.requires) for name in wave]
    records = inventory.load_records(client)
    actions = assess(plan, client, records)
    release = inventory.load_release(client)
    for text in inventory.damages(records, release):
        reporter.say(text, mark="!")
    whole = not release.damage and (bool(release.revision) or not records)
    if whole and all(action == "unchanged" for action, _ in actions.values()) and not ledger.unfinished(client):
        return Installation(tuple(_unchanged(plan, name) for name in order), release)
    # Most runs find nothing to do, and need nothing of this.
    from slipway.release.applying import run

    return run.perform(plan, client, reporter, records, actions, (node_ip, gateway, prepare))


def _unchanged(plan: Plan, name: str) -> Outcome:
    component = plan.rendered[name].component
    return Outcome(name, component.version, component.edition, "unchanged")
