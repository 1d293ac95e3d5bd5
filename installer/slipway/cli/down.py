"""``slipway down``: the machine as it was."""

from __future__ import annotations

import click

from slipway.cli.options import options_of


@click.command()
@click.option("--data", is_flag=True, help="The data directories (volumes), too.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="Set a key of the configuration.")
@click.pass_context
def down(ctx: click.Context, data: bool, sets: tuple[str, ...]) -> None:
    """Remove the embedded cluster and all that Slipway put on this machine; data stays unless --data is given.

    \b
    Example:
      slipway down
      slipway down --data
    """
    from slipway import node, paths
    from slipway.config.load import load
    from slipway.progress import Reporter
    from slipway.render.ports import node_values
    from slipway.workflows.target import report_other

    options, reporter = options_of(ctx, sets), Reporter()
    report_other(options, "down", reporter)
    config, _ = load(paths.distribution(), options.config, options.sets)
    node.delete(node.NodeConfig(**node_values(paths.distribution(), config)), reporter, data=data)
    kept = "" if data or not paths.DATA.exists() else f"; data stays in {paths.DATA}"
    click.echo(f"the cluster is gone{kept}")
