"""``slipway rollback``: back to an earlier revision."""

from __future__ import annotations

import click

from slipway.cli.options import adopt_option, cluster_options, given, output_option, replace_option
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
    import dataclasses

    from slipway import paths
    from slipway.cli.platform import connected, first_node_ip, stated_gateway
    from slipway.cli.rolling_back import bring_images
    from slipway.cli.which import EMBEDDED, is_embedded
    from slipway.node import NodeConfig
    from slipway.progress import Reporter
    from slipway.release import revisions
    from slipway.release.belongs import aim
    from slipway.release.engine import install
    from slipway.release.foreign import check
    from slipway.release.rollback import newer, plan_of, target
    from slipway.render.ports import node_values
    from slipway.report import installation as report

    options, reporter = given(ctx, sets, overlay), Reporter()
    client, config = connected(options)
    aim(client, reporter, config.overlay, config.project, EMBEDDED)
    chosen = revisions.load(client, target(revisions.entries(client), revision))
    plan = dataclasses.replace(plan_of(chosen, only), adopt=adopt, replace=replace, whole=True)
    check(plan.rendered.values(), adopt=adopt, replace=replace)
    for name in newer(client, chosen):
        reporter.say(f"{name} came after revision {chosen.number} and stays; slipway uninstall {name}", mark="!")
    address, embedded = first_node_ip(client), is_embedded(options, chosen.overlay)
    if embedded and not config.registry:
        wanted = [chosen.components[name] for name in plan.rendered]
        node = NodeConfig(**node_values(paths.distribution(), config))
        bring_images(chosen.number, wanted, node.containerd_socket, reporter)
    gateway = stated_gateway(config, address if embedded else "")
    done = install(plan, client, reporter, node_ip=address, gateway=gateway)
    report.show(done, reporter.timings, output, client.where)
    if not done.ok:
        raise click.exceptions.Exit(EXIT_FAILED)
