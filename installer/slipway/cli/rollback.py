"""``slipway rollback``: back to an earlier revision."""

from __future__ import annotations

import click

from slipway.cli.options import given, output_option, overlay_options
from slipway.errors import EXIT_FAILED


@click.command()
@click.argument("revision", required=False, type=int)
@click.option("--only", multiple=True, metavar="COMPONENT", help="Only this one; repeatable.")
@overlay_options
@output_option
@click.pass_context
def rollback(
    ctx: click.Context, revision: int | None, only: tuple[str, ...], overlay: str, sets: tuple[str, ...], output: str
) -> None:
    """Apply the manifests of REVISION again (default: the last good one before the present), as a new revision.

    Objects that came later are deleted; claims and volumes stay. Components that the revision does not have stay and
    are named.

    \b
    Example:
      slipway rollback 3
    """
    from slipway.cli.platform import connect, first_node_ip
    from slipway.progress import Reporter
    from slipway.release import revisions
    from slipway.release.engine import install
    from slipway.release.rollback import newer, plan_of, target
    from slipway.report import installation as report

    client, reporter = connect(given(ctx, sets, overlay)), Reporter()
    chosen = revisions.load(client, target(revisions.entries(client), revision))
    plan = plan_of(chosen, only)
    for name in newer(client, chosen):
        reporter.say(f"{name} came after revision {chosen.number} and stays; slipway uninstall {name}", mark="!")
    address = first_node_ip(client)
    done = install(plan, client, reporter, node_ip=address, gateway=f"http://{address}:30080")
    report.show(done, reporter.timings, output)
    if not done.ok:
        raise click.exceptions.Exit(EXIT_FAILED)
