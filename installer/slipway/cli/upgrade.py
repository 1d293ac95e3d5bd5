"""``slipway upgrade``: components to other versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from slipway.cli.options import adopt_option, cluster_options, options_of, output_option, replace_option
from slipway.errors import EXIT_FAILED, BadInput

if TYPE_CHECKING:
    from slipway.workflows.platform import Platform


@click.command()
@click.option("--component", metavar="NAME", help="Only this one, and what it requires.")
@click.option("--to", "version", metavar="VERSION", help="This version instead of the one in manifests/lock.yaml.")
@adopt_option
@replace_option
@cluster_options
@output_option
@click.pass_context
def upgrade(
    ctx: click.Context,
    component: str | None,
    version: str | None,
    adopt: tuple[str, ...],
    replace: tuple[str, ...],
    overlay: str,
    sets: tuple[str, ...],
    output: str,
) -> None:
    """Move what is installed to the versions of this distribution, or one component to VERSION.

    Checked before anything is touched: that the version may follow the installed one, and that no stored custom
    resource becomes unreadable. Who else writes in a version that goes is named. What differs, and what would be
    refused, can be seen before with slipway plan; slipway rollback goes back.

    \b
    Example:
      slipway upgrade
      slipway upgrade --component argo --to 3.7.18
    """
    import dataclasses

    from slipway.report import installation as report
    from slipway.workflows import installation
    from slipway.workflows.options import Overrides
    from slipway.workflows.platform import load_platform

    if version and not component:
        raise BadInput("--to needs --component", "--to", "slipway upgrade --component argo --to 3.7.18")
    more = (f"components.{component}.version='{version}'",) if version else ()
    named = (component,) if component else ()
    platform = dataclasses.replace(load_platform(options_of(ctx, (*sets, *more), overlay), named), action="upgrade")
    platform.aim()
    _check_installed(platform, component)
    done = installation.install(platform, named=named, overrides=Overrides(adopt, replace))
    report.show(done, platform.reporter.timings, output, platform.client.where)
    if not done.ok:
        raise click.exceptions.Exit(EXIT_FAILED)
    if version and output != "json":
        click.echo(f"to stay with it, say so in slipway.yaml: components: {{{component}: {{version: '{version}'}}}}")


def _check_installed(platform: Platform, component: str | None) -> None:
    """Raise BadInput where there is nothing to upgrade."""
    from slipway.release.state.inventory import load_records

    records = load_records(platform.client)
    if component and component not in records:
        what = f"'{component}' is not installed"
        raise BadInput(
            what, "--component", f"slipway install {component}; installed: {', '.join(records) or 'nothing'}"
        )
    if not records:
        raise BadInput("nothing is installed here", "upgrade", "slipway install")
