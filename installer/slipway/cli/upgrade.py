"""``slipway upgrade``: components to other versions."""

from __future__ import annotations

import click

from slipway.cli.options import given, output_option, overlay_options
from slipway.errors import EXIT_FAILED, BadInput


@click.command()
@click.option("--component", metavar="NAME", help="Only this one, and what it requires.")
@click.option("--to", "version", metavar="VERSION", help="This version instead of the one in manifests/lock.yaml.")
@overlay_options
@output_option
@click.pass_context
def upgrade(
    ctx: click.Context, component: str | None, version: str | None, overlay: str, sets: tuple[str, ...], output: str
) -> None:
    """Move what is installed to the versions of this distribution, or one component to VERSION.

    Checked before anything is touched: that the version may follow the installed one, and that no stored custom
    resource becomes unreadable. What differs can be seen before with slipway plan; slipway rollback goes back.

    \b
    Example:
      slipway upgrade
      slipway upgrade --component argo --to 3.7.18
    """
    from dataclasses import replace

    from slipway.cli import installing
    from slipway.cli.platform import platform
    from slipway.report import installation as report

    if version and not component:
        raise BadInput("--to needs --component", "--to", "slipway upgrade --component argo --to 3.7.18")
    more = (f"components.{component}.version='{version}'",) if version else ()
    named = (component,) if component else ()
    found = replace(platform(given(ctx, (*sets, *more), overlay), named), action="upgrade")
    done = installing.install(found, named=named)
    report.show(done, found.reporter.timings, output)
    if not done.ok:
        raise click.exceptions.Exit(EXIT_FAILED)
    if version and output != "json":
        click.echo(f"to stay with it, say so in slipway.yaml: components: {{{component}: {{version: '{version}'}}}}")
