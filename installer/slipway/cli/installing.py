"""The steps of an installation that ``up`` and ``install`` share."""

from __future__ import annotations

import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from slipway.cli.platform import Platform
from slipway.release.engine import Installation
from slipway.release.engine import install as run_plan
from slipway.release.inventory import load_records

if TYPE_CHECKING:
    from slipway.catalog import Component


def install(
    found: Platform, *, named: Collection[str] = (), reapply: bool = False, probe_all: bool = False
) -> Installation:
    """Render and install. On the embedded node the images are built and brought to it beside the rest.

    ``named``: what the user asked for; of the others in the catalog only those are touched that are not installed.
    """
    waves = found.catalog.waves()
    if named:
        present = {n for n, r in load_records(found.client).items() if r.state == "ready"} - set(named)
        found = replace(found, catalog=found.catalog.without(present))
    if not found.embedded:
        plan = found.plan(found.rendered(), reapply=reapply, probe_all=probe_all)
        return run_plan(plan, found.client, found.reporter, node_ip=found.node_ip, gateway=found.gateway)
    build_images(found)
    plan = found.plan(found.rendered(), reapply=reapply, probe_all=probe_all)
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images")
    order = [found.catalog.components[name] for wave in found.catalog.waves() for name in wave]
    brought = {component.name: pool.submit(_import, found, component) for component in order}
    try:
        return run_plan(
            plan,
            found.client,
            found.reporter,
            node_ip=found.node_ip,
            gateway=found.gateway,
            prepare=lambda component: brought[component.name].result(),
        )
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def build_images(found: Platform) -> None:
    """Build what is missing of the components' images and the smoke test's."""
    from slipway import artifacts, smoke

    names = sorted({*smoke.IMAGES, *(i for component in found.catalog.components.values() for i in component.images)})
    artifacts.ensure([f"image/{name}" for name in names], found.reporter)


def _import(found: Platform, component: Component) -> None:
    from slipway import artifacts

    artifacts.import_images(component.images, found.node_config.containerd_socket, found.reporter)


def preview(found: Platform, output: str) -> None:
    """What an installation would change, as the API server sees it."""
    from slipway.release.preview import preview as compare

    changes = compare(found.client, found.rendered(), found.config.project)
    if output == "json":
        click.echo(json.dumps([{"component": c, "object": o, "change": w} for c, o, w in changes], indent=2))
        return
    for component, obj, change in changes:
        click.echo(f"{component:<20} {change:<10} {obj}")
    if not changes:
        click.echo("nothing to do")
