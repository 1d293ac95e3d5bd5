"""``slipway uninstall``: the components, off the cluster."""

from __future__ import annotations

import click

from slipway.cli.options import given, overlay_options


@click.command()
@click.argument("components", nargs=-1, metavar="[COMPONENT]...")
@click.option("--delete-data", is_flag=True, help="Volumes, claims and the project namespace, too.")
@overlay_options
@click.pass_context
def uninstall(
    ctx: click.Context, components: tuple[str, ...], delete_data: bool, overlay: str, sets: tuple[str, ...]
) -> None:
    """Remove COMPONENTs (default: all) with everything that they brought, the objects of their kinds included.

    Claims, volumes and the project namespace stay, unless --delete-data is given.

    \b
    Example:
      slipway uninstall
      slipway uninstall katib --delete-data
    """
    from slipway import paths
    from slipway.cli.platform import connect
    from slipway.config.load import load
    from slipway.progress import Reporter
    from slipway.release.inventory import load_release
    from slipway.release.uninstall import uninstall as run

    options = given(ctx, sets, overlay)
    client, reporter = connect(options), Reporter()
    config, _ = load(paths.distribution(), options.config, options.sets, overlay=overlay)
    project = load_release(client).project or config.project
    removal = run(client, components, project, reporter, timeout=config.uninstall_timeout, delete_data=delete_data)
    click.echo(f"removed {len(removal.refs)} objects" + (f"; {len(removal.kept)} stay" if removal.kept else ""))
