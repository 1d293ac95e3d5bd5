"""``slipway open``: where a component answers."""

from __future__ import annotations

import json

import click

from slipway.cli.options import cluster_options, options_of, output_option
from slipway.errors import BadInput


@click.command("open")
@click.argument("component")
@cluster_options
@output_option
@click.pass_context
def open_(ctx: click.Context, component: str, overlay: str, sets: tuple[str, ...], output: str) -> None:
    """Print the URL of COMPONENT and how to log in.

    \b
    Example:
      slipway open jupyterhub
    """
    from slipway.workflows.platform import load_platform, places

    platform = load_platform(options_of(ctx, sets, overlay), [component], follow=False)
    entries = places(platform)
    if component not in entries:
        raise BadInput(f"'{component}' has nothing to open in a browser", remedy=f"see: slipway status {component}")
    url, login = entries[component]
    if output == "json":
        click.echo(json.dumps({"component": component, "url": url, "login": login}))
    else:
        click.echo(url + (f"\n{login}" if login else ""))
