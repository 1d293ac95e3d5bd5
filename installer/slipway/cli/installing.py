"""The steps of an installation that ``up`` and ``install`` share."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from slipway.catalog.load import directories
from slipway.cli.platform import Asked, Platform
from slipway.release.engine import Installation
from slipway.release.engine import install as run_plan
from slipway.release.inventory import load_records
from slipway.render import Rendered

__all__ = ["Asked", "build_images", "install", "others"]

if TYPE_CHECKING:
    from slipway.cli.feeding import ImageFeeder


def install(
    found: Platform,
    *,
    named: Collection[str] = (),
    reapply: bool = False,
    probe_all: bool = False,
    feeder: ImageFeeder | None = None,
    asked: Asked | None = None,
) -> Installation:
    """Render and install. On the embedded node the images are built and brought to it beside the rest.

    ``named``: what the user asked for; of the others in the catalog only those are touched that are not installed.
    ``feeder`` may have begun to bring images to the node; it is closed.
    """
    found.aim()
    asked = asked or Asked()
    if named:
        present = {n for n, r in load_records(found.client).items() if r.state == "ready"} - set(named)
        found = replace(found, catalog=found.catalog.without(present))
    if found.config.disabled():
        _tell_of_others(found)
    if not found.brings_images:
        plan = found.plan(_checked(found, asked), reapply=reapply, probe_all=probe_all, asked=asked)
        return run_plan(plan, found.client, found.reporter, node_ip=found.node_ip, gateway=found.stated_gateway)
    build_images(found)
    plan = found.plan(_checked(found, asked), reapply=reapply, probe_all=probe_all, asked=asked)
    if feeder is None:
        from slipway.cli.feeding import ImageFeeder

        feeder = ImageFeeder(found)
    try:
        return run_plan(
            plan,
            found.client,
            found.reporter,
            node_ip=found.node_ip,
            gateway=found.stated_gateway,
            prepare=feeder.prepare,
        )
    finally:
        feeder.close()


def _checked(found: Platform, asked: Asked) -> dict[str, Rendered]:
    """The components as they would be applied. Raises BadInput for what could only break, before anything changes."""
    from slipway.release import brought
    from slipway.storage import check

    rendered = found.rendered()
    check.unset(rendered)
    check.refuse(found.client, rendered)
    brought.refuse(found.client, rendered.values(), found.config.project)
    if asked.adopt or asked.replace:
        from slipway.release import foreign

        foreign.check(rendered.values(), adopt=asked.adopt, replace=asked.replace)
    return rendered


def others(found: Platform, records: Collection[str]) -> list[str]:
    """Components that are installed and neither part of the overlay nor wanted: nothing but uninstall removes them."""
    wanted = set(directories(found.catalog.root, found.catalog.overlay)) - set(found.config.disabled())
    return sorted(set(records) - wanted)


def _tell_of_others(found: Platform) -> None:
    disabled = found.config.disabled()
    for name in others(found, load_records(found.client)):
        what = "disabled" if name in disabled else "not part of this overlay"
        found.reporter.say(f"{name} is {what} and still installed; to remove it: slipway uninstall {name}", mark="!")


def build_images(found: Platform, more: Iterable[str] = ()) -> None:
    """Build what is missing of the components' images, and ``more``."""
    from slipway import artifacts

    needed = {image for component in found.catalog.components.values() for image in component.images}
    names = sorted({*more, *needed}) if found.brings_images else []
    artifacts.ensure(["binary/kustomize", "binary/helm", *(f"image/{name}" for name in names)], found.reporter)
