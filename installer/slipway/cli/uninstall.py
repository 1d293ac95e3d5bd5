"""``slipway uninstall``: the components, off the cluster."""

from __future__ import annotations

import sys

import click

from slipway.cli.options import cluster_options, given
from slipway.errors import EXIT_FAILED, BadInput


@click.command()
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@click.option("--delete-data", is_flag=True, help="Volumes, claims and the project namespace, too.")
@click.option("--yes", is_flag=True, help="Do not ask before data are deleted.")
@cluster_options
@click.pass_context
def uninstall(
    ctx: click.Context, components: tuple[str, ...], delete_data: bool, yes: bool, overlay: str, sets: tuple[str, ...]
) -> None:
    """Remove COMPONENTs (default: all) with everything that they brought, the objects of their kinds included.

    Claims, volumes and the project namespace stay, unless --delete-data is given, which lists them and asks. What has
    stayed of an earlier uninstallation is marked: slipway status lists it, and --delete-data removes it, too.

    \b
    Example:
      slipway uninstall
      slipway uninstall katib --delete-data
    """
    from slipway import paths
    from slipway.cli.platform import connect
    from slipway.cli.which import EMBEDDED
    from slipway.config.load import load
    from slipway.progress import Reporter
    from slipway.release.belongs import aim
    from slipway.release.data import doomed
    from slipway.release.uninstall import uninstall as run

    options = given(ctx, sets, overlay)
    client, reporter = connect(options), Reporter()
    config, _ = load(paths.distribution(), options.config, options.sets, overlay=overlay)
    project = aim(client, reporter, config.overlay, config.project, EMBEDDED).project or config.project
    if delete_data:
        _ask(doomed(client, components, project), yes)
    removal = run(client, components, project, reporter, timeout=config.uninstall_timeout, delete_data=delete_data)
    click.echo(_summary(len(removal.refs), len(removal.kept)))


def _summary(removed: int, kept: int) -> str:
    if not removed and not kept:
        return "nothing was installed; what an uninstallation has kept, slipway status lists"
    stays = f"; {kept} stay (slipway status lists them, slipway uninstall --delete-data removes them)"
    return f"removed {removed} objects" + (stays if kept else "")


def _ask(lines: list[str], yes: bool) -> None:
    """List what goes for good, and go on only when that is wanted. Raises BadInput where nobody can be asked."""
    for line in lines:
        click.echo(f"deletes for good: {line}", err=True)
    if not lines or yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(
            "--delete-data deletes what is listed above, and there is no terminal to ask at; nothing was changed",
            remedy="add --yes",
        )
    if not click.confirm("Delete all this?", err=True):
        click.echo("nothing was changed", err=True)
        raise click.exceptions.Exit(EXIT_FAILED)
