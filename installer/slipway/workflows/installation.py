"""The steps of an installation that ``up`` and ``install`` share."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from slipway.catalog.load import directories
from slipway.release.applying.engine import Installation
from slipway.release.applying.engine import install as run_plan
from slipway.release.state.inventory import load_records
from slipway.render import Rendered
from slipway.workflows.options import Overrides
from slipway.workflows.platform import Platform

if TYPE_CHECKING:
    from slipway.workflows.image_import import ImageFeeder


def install(
    platform: Platform,
    *,
    named: Collection[str] = (),
    reapply: bool = False,
    probe_all: bool = False,
    feeder: ImageFeeder | None = None,
    overrides: Overrides | None = None,
) -> Installation:
    """Render and install. On the embedded node the images are built and brought to it beside the rest.

    ``named``: what the user asked for; of the others in the catalog only those are touched that are not installed.
    ``feeder`` may have begun to bring images to the node; it is closed.
    """
    platform.aim()
    overrides = overrides or Overrides()
    if named:
        present = {n for n, r in load_records(platform.client).items() if r.state == "ready"} - set(named)
        platform = replace(platform, catalog=platform.catalog.without(present))
    if platform.config.disabled():
        _report_others(platform)
    if platform.brings_images:
        build_images(platform)
    plan = platform.plan(_checked(platform, overrides), reapply=reapply, probe_all=probe_all, overrides=overrides)
    with ExitStack() as stack:
        if platform.brings_images:
            from slipway.workflows.image_import import ImageFeeder

            feeder = feeder or ImageFeeder(platform)
        if feeder:
            stack.callback(feeder.close)
        done = run_plan(
            plan,
            platform.client,
            platform.reporter,
            node_ip=platform.node_ip,
            gateway=platform.stated_gateway,
            prepare=feeder.prepare if feeder else None,
        )
        if feeder:
            feeder.bring_extra()
        return done


def _checked(platform: Platform, overrides: Overrides) -> dict[str, Rendered]:
    """The components as they would be applied. Raises BadInput for what could only break, before anything changes."""
    from slipway.release.secrets import user_certificate
    from slipway.storage import check

    rendered = platform.rendered()
    check.unset(rendered)
    check.refuse(platform.client, rendered)
    user_certificate.refuse(platform.client, rendered.values(), platform.config.project)
    if overrides.adopt or overrides.replace:
        from slipway.release.ownership import foreign

        foreign.check(rendered.values(), adopt=overrides.adopt, replace=overrides.replace)
    return rendered


def others(platform: Platform, records: Collection[str]) -> list[str]:
    """Components that are installed and neither part of the overlay nor wanted: nothing but uninstall removes them."""
    wanted = set(directories(platform.catalog.root, platform.catalog.overlay)) - set(platform.config.disabled())
    return sorted(set(records) - wanted)


def _report_others(platform: Platform) -> None:
    disabled = platform.config.disabled()
    for name in others(platform, load_records(platform.client)):
        what = "disabled" if name in disabled else "not part of this overlay"
        platform.reporter.say(f"{name} is {what} and still installed; to remove it: slipway uninstall {name}", mark="!")


def build_images(platform: Platform, more: Iterable[str] = ()) -> None:
    """Build what is missing of the components' images, and ``more``."""
    from slipway import artifacts

    names = sorted({*more, *platform.built_images}) if platform.brings_images else []
    artifacts.ensure(["binary/kustomize", "binary/helm", *(f"image/{name}" for name in names)], platform.reporter)
