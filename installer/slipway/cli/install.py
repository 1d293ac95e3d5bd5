"""``slipway install``: the platform, into a cluster that exists."""

from __future__ import annotations

import click

from slipway.cli.options import adopt_option, cluster_options, options_of, output_option, replace_option
from slipway.errors import EXIT_FAILED


@click.command()
@click.option("--only", multiple=True, metavar="COMPONENT", help="Only this one, and what it requires; repeatable.")
@click.option("--dry-run", is_flag=True, help="As slipway plan --brief: change nothing.")
@click.option("--reapply", is_flag=True, help="Apply everything, also what did not change.")
@click.option("--probe", is_flag=True, help="Run the probes of components that did not change, too.")
@adopt_option
@replace_option
@cluster_options
@output_option
@click.argument("more", nargs=-1, metavar="[COMPONENT]...")
@click.pass_context
def install(
    ctx: click.Context,
    only: tuple[str, ...],
    more: tuple[str, ...],
    dry_run: bool,
    reapply: bool,
    probe: bool,
    adopt: tuple[str, ...],
    replace: tuple[str, ...],
    overlay: str,
    sets: tuple[str, ...],
    output: str,
) -> None:
    """Install the components of an overlay, each as soon as those that it requires are ready.

    What is installed, unchanged and ready is left alone. What left the manifests is removed.
    What exists and is not Slipway's is refused by name, unless it is to be adopted.

    \b
    Example:
      slipway install --overlay embedded
      slipway install --only katib --dry-run
    """
    from slipway.report import installation as report
    from slipway.workflows import installation
    from slipway.workflows.options import Overrides
    from slipway.workflows.platform import load_platform

    platform = load_platform(options_of(ctx, sets, overlay), (*only, *more))
    overrides = Overrides(adopt, replace)
    if dry_run:
        from slipway.cli.plan import show

        if show(platform, output, overrides, brief=True) == EXIT_FAILED:
            raise click.exceptions.Exit(EXIT_FAILED)
        return
    done = installation.install(platform, named=(*only, *more), probe_all=probe, reapply=reapply, overrides=overrides)
    report.show(done, platform.reporter.timings, output, platform.client.where)
    if not done.ok:
        raise click.exceptions.Exit(EXIT_FAILED)
