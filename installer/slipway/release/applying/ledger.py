"""What a run adds to the history: a revision as soon as something is applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from slipway import __version__
from slipway.errors import SlipwayError
from slipway.kube import Client
from slipway.release.planning.plan import Action, Plan
from slipway.release.state import revisions
from slipway.release.state.inventory import Release, now
from slipway.release.state.lock import user
from slipway.release.state.revisions import Revision, Stored


def open_revision(
    client: Client,
    plan: Plan,
    release: Release,
    actions: Mapping[str, tuple[Action, str]],
    installed: Collection[str],
) -> int:
    """Keep the revision that this run is about to make, and return its number; 0 when nothing is to be applied.

    A run that ends what another one began makes a revision, too, although there may be nothing left to apply.
    """
    revisions.interrupted(client)
    if all(action != "apply" for action, _ in actions.values()) and not unfinished(client):
        return 0
    last = max((entry.number for entry in revisions.entries(client)), default=0)
    number = max(last, release.revision) + 1
    revision = Revision(
        number=number,
        origin=replace(plan.origin, who=plan.origin.who or user()),
        overlay=plan.overlay,
        project=plan.project,
        version=__version__,
        began=now(),
        components=_untouched(client, last, set(installed) - set(plan.rendered))
        | {name: stored(plan, name) for name in plan.rendered},
    )
    revisions.begin(client, revision)
    return number


def unfinished(client: Client) -> bool:
    """Whether the newest revision was begun and not ended: the release does not tell of it yet."""
    history = revisions.entries(client)
    return bool(history) and history[-1].state in ("deploying", "interrupted")


def newest(client: Client) -> int:
    """The number of the newest revision; 1 where none is left to tell."""
    return max((entry.number for entry in revisions.entries(client)), default=1)


def stored(plan: Plan, name: str) -> Stored:
    """A component of the plan as a revision keeps it."""
    item = plan.rendered[name]
    return Stored(item.component, item.settings, item.digest, item.objects)


def _untouched(client: Client, last: int, names: Collection[str]) -> dict[str, Stored]:
    """What the revision before says of components that are installed and not part of this plan."""
    if not last or not names:
        return {}
    try:
        stored = revisions.load(client, last).components
    except SlipwayError:
        # A damaged one must not hold up the next.
        return {}
    return {name: item for name, item in stored.items() if name in names}
