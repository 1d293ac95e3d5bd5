"""Back to an earlier revision: its manifests are applied again, as a new revision."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from slipway.errors import BadInput, SlipwayError
from slipway.kube import Client
from slipway.release.planning.plan import Plan
from slipway.release.state import inventory, revisions
from slipway.release.state.revisions import Entry, Origin, Revision


def target(history: Sequence[Entry], number: int | None) -> int:
    """Which revision: ``number``, else the last one before the present that was deployed. Raises BadInput."""
    if number is not None:
        return number
    good = [entry.number for entry in history[:-1] if entry.state == "deployed"]
    if not good:
        raise BadInput("there is no earlier revision to go back to", "revision", "slipway history")
    return good[-1]


def plan_of(revision: Revision, names: Collection[str] = ()) -> Plan:
    """The plan that applies a revision again, or these components of it. Raises BadInput for unknown names."""
    for name in names:
        if name not in revision.components:
            known = ", ".join(sorted(revision.components))
            raise BadInput(f"'{name}' is not part of revision {revision.number}", "component", f"there is: {known}")
    chosen = {name: item for name, item in revision.components.items() if not names or name in names}
    return Plan(
        overlay=revision.overlay,
        project=revision.project,
        rendered={name: item.rendered(f"of revision {revision.number}") for name, item in chosen.items()},
        timeouts={name: float(item.component.timeout) for name, item in chosen.items()},
        origin=Origin("rollback", config=revision.origin.config, note=f"to revision {revision.number}"),
    )


def newer(client: Client, revision: Revision) -> list[str]:
    """Components of the newest revision that this one does not have: a rollback leaves them."""
    history = revisions.entries(client)
    last = history[-1].number if history else revision.number
    try:
        present = set(revisions.load(client, last).components) if last != revision.number else set()
    except SlipwayError:
        # A damaged one holds nobody up; what is installed says it, too.
        present = set(inventory.load_records(client))
    return sorted(present - set(revision.components))
