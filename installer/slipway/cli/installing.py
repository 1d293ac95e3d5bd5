"""The steps of an installation that ``up`` and ``install`` share."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import click

from slipway.cli.platform import Platform
from slipway.release.engine import Installation
from slipway.release.engine import install as run_plan
from slipway.release.inventory import load_records


def install(
    found: Platform,
    *,
    named: Collection[str] = (),
    reapply: bool = False,
    probe_all: bool = False,
    more_images: Collection[str] = (),
) -> Installation:
    """Render and install. On the embedded node the images are built and brought to it beside the rest.

    ``named``: what the user asked for; of the others in the catalog only those are touched that are not installed.
    ``more_images`` are brought to the node after those of the components, as far as there is time.
    """
    waves = found.catalog.waves()
    if named:
        present = {n for n, r in load_records(found.client).items() if r.state == "ready"} - set(named)
        found = replace(found, catalog=found.catalog.without(present))
    _tell_of_disabled(found)
    if not found.embedded:
        plan = found.plan(found.rendered(), reapply=reapply, probe_all=probe_all)
        return run_plan(plan, found.client, found.reporter, node_ip=found.node_ip, gateway=found.gateway)
    build_images(found)
    plan = found.plan(found.rendered(), reapply=reapply, probe_all=probe_all)
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="images")
    here = found.catalog.components
    order = [here[name] for wave in waves for name in wave if name in here]
    brought = {component.name: pool.submit(_import, found, component.images) for component in order}
    pool.submit(_import, found, more_images)
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


def _tell_of_disabled(found: Platform) -> None:
    disabled = found.config.disabled()
    for name in sorted(set(disabled) & set(load_records(found.client) if disabled else ())):
        found.reporter.say(f"{name} is disabled and still installed; to remove it: slipway uninstall {name}", mark="!")


def build_images(found: Platform, more: Iterable[str] = ()) -> None:
    """Build what is missing of the components' images, and ``more``."""
    from slipway import artifacts

    names = sorted({*more, *(image for component in found.catalog.components.values() for image in component.images)})
    artifacts.ensure(["binary/kustomize", *(f"image/{name}" for name in names)], found.reporter)


def _import(found: Platform, images: Collection[str]) -> None:
    from slipway import artifacts

    if images:
        artifacts.import_images(images, found.node_config.containerd_socket, found.reporter)


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
