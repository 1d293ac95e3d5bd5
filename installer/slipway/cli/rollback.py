"""``slipway rollback``: back to an earlier revision."""

from __future__ import annotations

import click

from slipway.cli.options import adopt_option, cluster_options, options_of, output_option, replace_option
from slipway.errors import EXIT_FAILED


@click.command()
@click.argument("revision", required=False, type=int)
@click.option("--only", multiple=True, metavar="COMPONENT", help="Only this one; repeatable.")
@adopt_option
@replace_option
@cluster_options
@output_option
@click.pass_context
def rollback(
    ctx: click.Context,
    revision: int | None,
    only: tuple[str, ...],
    adopt: tuple[str, ...],
    replace: tuple[str, ...],
    overlay: str,
    sets: tuple[str, ...],
    output: str,
) -> None:
    """Apply the manifests of REVISION again (default: the last good one before the present), as a new revision.

    Objects that came later are deleted; claims and volumes stay. Components that the revision does not have stay and
    are named. On the embedded node its images are brought first; when one cannot be had, nothing is changed.

    \b
    Example:
      slipway rollback 3
    """
    from slipway.progress import Reporter
    from slipway.report import installation as report
    from slipway.workflows.options import Overrides
    from slipway.workflows.rollback import rollback as run

    reporter = Reporter()
    done, client = run(options_of(ctx, sets, overlay), revision, only, Overrides(adopt, replace), reporter)
    report.show(done, reporter.timings, output, client.where)
    if not done.ok:
        raise click.exceptions.Exit(EXIT_FAILED)
