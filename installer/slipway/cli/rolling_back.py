"""What a rollback needs on the embedded node: the images of the revision's manifests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from slipway.artifacts import former
from slipway.errors import SlipwayError
from slipway.progress import Reporter
from slipway.release.revisions import Stored


def bring_images(number: int, components: Iterable[Stored], socket: Path, reporter: Reporter) -> None:
    """Bring the built images of a revision's components to the node. ``socket`` is containerd's.

    Raises SlipwayError, before anything is changed, naming those that neither the node nor the cache has.
    """
    users: dict[str, list[Stored]] = {}
    for stored in components:
        for name in former.references(list(stored.objects)):
            users.setdefault(name, []).append(stored)
    missing = former.bring(users, socket, reporter)
    if not missing:
        return
    lost = {item.component.name: item.component.version for name in missing for item in users[name]}
    ways = "; ".join(f"slipway upgrade --component {name} --to {version}" for name, version in sorted(lost.items()))
    raise SlipwayError(
        "its images are neither on the node nor in the cache; nothing was changed",
        f"revision {number}",
        f"build them anew and bring them: {ways}",
        tuple(f"{name}, of {', '.join(sorted(item.component.name for item in users[name]))}" for name in missing),
    )
