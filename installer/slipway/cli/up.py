"""``slipway up``: from a bare machine to a platform that has proven itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slipway.cli.options import adopt_option, cluster_options, options_of, output_option, replace_option
from slipway.cli.signing import KEY, required
from slipway.errors import EXIT_FAILED, BadInput

if TYPE_CHECKING:
    from slipway.bundle.opened import Bundle
    from slipway.release.applying.engine import Installation
    from slipway.workflows.image_import import ImageFeeder
    from slipway.workflows.platform import Platform

#: Where ``--until`` may stop.
PHASES = ("host", "artifacts", "cluster", "install")


@click.command()
@click.option("--skip-smoke", is_flag=True, help="Do not run the smoke test.")
@click.option("--bundle", type=click.Path(dir_okay=False, path_type=Path), help="Take everything out of this file.")
@click.option("--key", metavar="KEY", help=KEY)
@click.option("--until", type=click.Choice(PHASES), help="Stop after this phase: to prepare a machine.")
@click.option("--smoke", "force_smoke", is_flag=True, help="Run the smoke test even if this release has passed it.")
@adopt_option
@replace_option
@cluster_options
@output_option
@click.pass_context
def up(
    ctx: click.Context,
    skip_smoke: bool,
    force_smoke: bool,
    bundle: Path | None,
    key: str | None,
    until: str | None,
    adopt: tuple[str, ...],
    replace: tuple[str, ...],
    overlay: str,
    sets: tuple[str, ...],
    output: str,
) -> None:
    """Make a cluster on this machine, install the platform and prove it with the smoke test.

    Preflight, host packages, artifacts, cluster, install, smoke; what is done is not done again. On a machine that was
    rebooted it brings everything back.

    \b
    Example:
      slipway up
      slipway up --overlay ci --skip-smoke
      slipway up --bundle slipway.bundle
      slipway up --until artifacts         a machine image for later
    """
    import dataclasses

    from slipway.node.images import NAME as CONTROL_PLANE
    from slipway.workflows import installation
    from slipway.workflows.image_import import ImageFeeder
    from slipway.workflows.options import Overrides
    from slipway.workflows.platform import load_platform
    from slipway.workflows.smoke_test import smoke_if_needed
    from slipway.workflows.target import refuse_for_up

    opened = open_bundle(bundle, key)
    options = options_of(ctx, sets, overlay or (opened.about.overlay if opened else ""))
    platform = load_platform(options)
    refuse_for_up(options, platform.catalog.overlay)
    platform = dataclasses.replace(platform, options=dataclasses.replace(options, own=True))
    reporter = platform.reporter
    if opened:  # before preflight, which asks programs of the host's packages
        with reporter.step("phase", "bundle", announce=False):
            from slipway.bundle.use import use

            if wanted := required(key, platform.config.bundle_key):
                from slipway.bundle import signed

                signed.check(opened, *wanted)
            use(opened, reporter)
    with reporter.step("phase", "preflight", announce=False):
        preflight(platform)
    host_packages(platform)
    if until == "host":
        return
    with reporter.step("phase", "artifacts", announce=False):
        more = smoke_images(skip_smoke)
        installation.build_images(platform, (*more, CONTROL_PLANE))
    if until == "artifacts":
        return
    with reporter.step("phase", "cluster", announce=False):
        feeder = ImageFeeder(platform, more)
        started = start(platform, feeder)
    if until == "cluster":
        feeder.close()
        return
    with reporter.step("phase", "install", announce=False) as step:
        done = installation.install(platform, probe_all=started, feeder=feeder, overrides=Overrides(adopt, replace))
        step.ok = done.ok
    smoke: dict[str, Any] = {"result": "skipped"}
    if done.ok and not skip_smoke and until != "install":
        with reporter.step("phase", "smoke", announce=False) as step:
            smoke = smoke_if_needed(platform, done.release, force=force_smoke)
            step.ok = smoke["result"] != "failed"
    show(platform, done, smoke, started, output)
    if not done.ok or smoke["result"] == "failed":
        raise click.exceptions.Exit(EXIT_FAILED)


def open_bundle(file: Path | None, key: str | None) -> Bundle | None:
    """The bundle, if one is given. Raises BadInput when it is none, or for another kind of machine."""
    if file is None:
        if key is not None:
            raise BadInput("a key without a bundle", f"--key {key}", "give --bundle FILE, too")
        return None
    from slipway.bundle.opened import Bundle
    from slipway.bundle.use import refuse_others

    opened = Bundle(file.absolute())
    refuse_others(opened)
    return opened


def smoke_images(skip: bool) -> tuple[str, ...]:
    """The images of the smoke test, unless it is not to run."""
    from slipway import smoke

    return () if skip else smoke.IMAGES


def preflight(platform: Platform) -> None:
    """Raises SlipwayError when the machine cannot carry the cluster."""
    from slipway.doctor.preflight import preflight as look
    from slipway.doctor.preflight import require

    require(look(platform.node_config))


def host_packages(platform: Platform) -> None:
    """Have the programs of every later phase before one of them takes minutes; look again at what they show."""
    from slipway.host import packages

    with platform.reporter.step("phase", "host", announce=False):
        if packages.ensure("up", platform.reporter):
            preflight(platform)


def start(platform: Platform, feeder: ImageFeeder) -> bool:
    """Bring the cluster up; whether anything had to be started. Images are brought to it as soon as it takes them."""
    from slipway import node

    if node.status(platform.node_config)["state"] == "healthy":
        return False
    feeder.begin(node_is_starting=True)
    try:
        node.start(platform.node_config, platform.reporter)
    except BaseException:
        feeder.close()
        raise
    return True


def show(platform: Platform, done: Installation, smoke: dict[str, Any], started: bool, output: str) -> None:
    """What there is now, what took how long, and what to open."""
    from slipway.report import installation as report
    from slipway.report.phases import phases
    from slipway.workflows.platform import places

    timings, opened = platform.reporter.timings, places(platform)
    if output == "json":
        document = report.value(done, timings)
        document |= {"to": platform.client.where, "smoke": smoke, "cluster": "started" if started else "unchanged"}
        document["open"] = {name: {"url": url, "login": login} for name, (url, login) in opened.items()}
        click.echo(json.dumps(document, indent=2))
        return
    nothing = not started and done.idle
    click.echo(report.unchanged(done) if nothing else report.table(done))
    if not nothing or smoke["result"] != "recorded":
        click.echo(phases(timings))
    click.echo(f"smoke test: {smoke['result']}{': ' + smoke['why'] if smoke.get('why') else ''}")
    for name, (url, login) in opened.items():
        click.echo(f"{name}: {url}" + (f"  ({login})" if login else ""))
