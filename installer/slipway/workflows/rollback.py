"""Back to an earlier revision; on the embedded node with the images of its manifests."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from slipway import paths
from slipway.artifacts import former
from slipway.errors import SlipwayError
from slipway.node import NodeConfig
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.ownership.foreign import check
from slipway.release.planning.rollback import newer, plan_of, target
from slipway.release.state import revisions
from slipway.release.state.revisions import Stored
from slipway.release.state.target import require_match
from slipway.render.ports import node_values
from slipway.workflows.options import Options, Overrides
from slipway.workflows.platform import connected, first_node_ip, stated_gateway
from slipway.workflows.target import for_embedded, is_embedded

if TYPE_CHECKING:
    from slipway.kube import Client


def rollback(
    options: Options, revision: int | None, only: tuple[str, ...], overrides: Overrides, reporter: Reporter
) -> tuple[Installation, Client]:
    """Apply a revision's manifests again (None: the last good one before the present); what came of it, and where.

    Raises SlipwayError, before anything is changed, for a revision that is not there or whose images cannot be had.
    """
    client, config = connected(options)
    require_match(client, reporter, config.overlay, config.project, for_embedded)
    chosen = revisions.load(client, target(revisions.entries(client), revision))
    plan = dataclasses.replace(plan_of(chosen, only), adopt=overrides.adopt, replace=overrides.replace, whole=True)
    check(plan.rendered.values(), adopt=overrides.adopt, replace=overrides.replace)
    for name in newer(client, chosen):
        reporter.say(f"{name} came after revision {chosen.number} and stays; slipway uninstall {name}", mark="!")
    address, embedded = first_node_ip(client), is_embedded(options, chosen.overlay)
    if embedded and not config.registry:
        wanted = [chosen.components[name] for name in plan.rendered]
        node = NodeConfig(**node_values(paths.distribution(), config))
        bring_images(chosen.number, wanted, node.containerd_socket, reporter)
    gateway = stated_gateway(config, address if embedded else "")
    return install(plan, client, reporter, node_ip=address, gateway=gateway), client


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
