"""``slipway storage``: moving the volumes of an installed platform."""

from __future__ import annotations

import click

from slipway.cli.options import cluster_options, options_of
from slipway.errors import EXIT_FAILED


@click.group()
def storage() -> None:
    """Look at and move the platform's volumes.

    \b
    Example:
      slipway storage changes --set components.storage.settings.nfs_server=10.0.0.6
    """


@storage.command()
@cluster_options
@click.pass_context
def changes(ctx: click.Context, overlay: str, sets: tuple[str, ...]) -> None:
    """Show which volumes, claims and classes are not what the settings want and cannot become it in place.

    \b
    Example:
      slipway storage changes --set components.storage.settings.nfs_server=10.0.0.6
    """
    from slipway.storage import check
    from slipway.workflows.platform import load_platform

    platform = load_platform(options_of(ctx, sets, overlay))
    for items in check.pending(platform.client, platform.rendered()).values():
        for change in items:
            click.echo(str(change))


@storage.command()
@click.option("--data-copied", is_flag=True, help="The data is where the settings say, or is not to be taken along.")
@cluster_options
@click.pass_context
def migrate(ctx: click.Context, data_copied: bool, overlay: str, sets: tuple[str, ...]) -> None:
    """Make volumes and claims anew as the settings say: another server, path, class or smaller size.

    Nothing may use the claims meanwhile. No data is deleted: volumes are kept, and those that are not used any more
    stay behind with what is on them. Copy the data before; see docs/storage.md.

    \b
    Example:
      slipway storage migrate --data-copied --set components.storage.settings.nfs_server=10.0.0.6
    """
    from slipway.errors import BadInput
    from slipway.storage import check
    from slipway.storage.migrate import migrate as run
    from slipway.storage.migrate import plan
    from slipway.workflows import installation
    from slipway.workflows.platform import load_platform

    platform = load_platform(options_of(ctx, sets, overlay))
    platform.aim()
    rendered = platform.rendered()
    check.unset(rendered)
    pending = check.pending(platform.client, rendered)
    changed = [change for items in pending.values() for change in items]
    if not changed:
        click.echo("nothing to migrate: volumes and claims are as the settings say")
        return
    if not data_copied and any(change.moves for change in changed):
        raise BadInput(
            "the claims would show other data; nothing was changed",
            "storage",
            "copy the data (docs/storage.md), then add --data-copied",
            tuple(map(str, changed)),
        )
    move = plan(changed, platform.client.objects("v1", "PersistentVolumeClaim"))
    run(platform.client, move, rendered, platform.reporter, timeout=platform.config.uninstall_timeout)
    if not installation.install(platform, named=tuple(pending)).ok:
        raise click.exceptions.Exit(EXIT_FAILED)
