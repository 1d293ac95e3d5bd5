"""``slipway backup``: what is users' into a file, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from slipway.cli.asking import UNCHANGED, confirm
from slipway.cli.options import cluster_options, options_of
from slipway.errors import EXIT_FAILED

_PASSPHRASE = click.option(
    "--passphrase-file", "secret", metavar="FILE", help="Where the passphrase stands; - for standard input."
)
_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def backup() -> None:
    """Users' objects, the hub's database, generated Secrets and claims' data: into one file, and back.

    \b
    Example:
      slipway backup create monday.backup
      slipway backup create monday.backup --claims workbench/outputs --claims registry/registry
      slipway backup restore monday.backup
    """


@backup.command()
@_FILE
@click.option("--claims", multiple=True, metavar="NAMESPACE/NAME", help="Data of this claim, too; or all; repeatable.")
@_PASSPHRASE
@cluster_options
@click.pass_context
def create(
    ctx: click.Context,
    file: Path,
    claims: tuple[str, ...],
    secret: str | None,
    overlay: str,
    sets: tuple[str, ...],
) -> None:
    """Write a backup of the installed platform to FILE, encrypted with a passphrase. Nothing is stopped meanwhile.

    \b
    Example:
      slipway backup create monday.backup --claims all
    """
    from slipway.backup import archive
    from slipway.backup.create import create as run
    from slipway.backup.create import size
    from slipway.cli.passphrase import passphrase
    from slipway.workflows.platform import load_platform

    platform = load_platform(options_of(ctx, sets, overlay))
    words = passphrase(secret, new=True)
    platform.aim()
    with archive.writing(file) as writer:
        head = run(platform.client, platform.catalog.components, claims, writer, platform.reporter)
        writer.seal(head, words)
    click.echo("\n".join([f"{file}: {size(file.stat().st_size)}", *head.lines()]))


@backup.command()
@_FILE
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(file: Path, output: str) -> None:
    """Tell what is in FILE. Needs no passphrase, and believes what stands in it.

    \b
    Example:
      slipway backup show monday.backup
    """
    from slipway.backup.archive import look

    head = look(file)
    click.echo(json.dumps(asdict(head), indent=2) if output == "json" else "\n".join(head.lines()))


@backup.command()
@_FILE
@click.option("--yes", is_flag=True, help="Do not ask before files in claims that exist are replaced.")
@click.option("--dry-run", is_flag=True, help="Only open FILE, and say whether it can be brought back here.")
@_PASSPHRASE
@cluster_options
@click.pass_context
def restore(
    ctx: click.Context, file: Path, yes: bool, dry_run: bool, secret: str | None, overlay: str, sets: tuple[str, ...]
) -> None:
    """Bring back what is in FILE into a cluster without the platform, and install the platform.

    First the objects, so that no controller takes them for new; then the installation; then databases and claims' data.
    Interrupted, run it again.

    \b
    Example:
      slipway up --until cluster                  # a new machine
      slipway backup restore monday.backup
    """
    from slipway.backup import archive
    from slipway.backup import restore as steps
    from slipway.cli.passphrase import passphrase
    from slipway.report import installation as report
    from slipway.workflows import installation
    from slipway.workflows.platform import load_platform

    platform = load_platform(options_of(ctx, sets, overlay))
    with archive.reading(file, passphrase(secret)) as opened:
        platform.aim()
        if platform.brings_images and not dry_run:
            installation.build_images(platform)
        rendered = platform.rendered()
        begun = steps.check(platform.client, opened, rendered, platform.config.project)
        click.echo("\n".join(opened.head.lines()), err=True)
        there = steps.existing(platform.client, opened)
        if dry_run:
            click.echo(UNCHANGED)
            return
        if there and not yes:
            what = f"files of the same names are replaced in {', '.join(there)}"
            confirm(f"{what}. Go on?", f"{what}, and there is no terminal to ask at; {UNCHANGED}", "add --yes")
        steps.objects(platform.client, opened, begun, rendered, platform.reporter)
        done = installation.install(platform)
        if not done.ok:
            report.show(done, platform.reporter.timings, "table", platform.client.where)
            click.echo("✗ databases and claims' data are still to be brought back: run it again", err=True)
            raise click.exceptions.Exit(EXIT_FAILED)
        steps.data(platform.client, opened, platform.catalog.components.values(), platform.reporter)
    click.echo(f"restored: {sum(opened.head.objects.values())} objects; slipway status")
