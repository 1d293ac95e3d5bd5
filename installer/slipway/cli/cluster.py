"""``slipway cluster``: the embedded cluster on this machine."""

from __future__ import annotations

import json
from typing import Any

import click

from slipway.cli.options import options_of
from slipway.errors import EXIT_FAILED, SlipwayError
from slipway.node import NodeConfig
from slipway.progress import Reporter


@click.group()
def cluster() -> None:
    """The embedded cluster: one Kubernetes node on this machine, made by kubeadm.

    \b
    Example:
      slipway cluster start
      slipway cluster status --output json
    """


def node_config(ctx: click.Context) -> NodeConfig:
    """The node as slipway.yaml describes it. Raises BadInput for a faulty file."""
    from slipway import paths
    from slipway.render.ports import node_values
    from slipway.workflows.platform import configured
    from slipway.workflows.target import report_other

    options = options_of(ctx)
    report_other(options, "cluster", Reporter())
    return NodeConfig(**node_values(paths.distribution(), configured(options)))


@cluster.command()
@click.pass_context
def start(ctx: click.Context) -> None:
    """Start the cluster, making it first if there is none; on a healthy one it changes nothing.

    After a reboot, or when processes were killed, it brings everything back with its data.
    """
    from slipway import node

    config = node_config(ctx)
    node.start(config, Reporter())
    click.echo(f"node {config.name} is ready at {node.node_ip(config)}")


@cluster.command()
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_context
def upgrade(ctx: click.Context, dry_run: bool) -> None:
    """Move the cluster to the Kubernetes that this version of Slipway brings, one minor at a time.

    By kubeadm: its images first, then the control plane, then the kubelet. What runs in Pods goes on, data stays; the
    API server is away for a moment. A run that was ended half-way is gone on with by the next one.

    \b
    Example:
      slipway cluster upgrade --dry-run
      slipway cluster upgrade
    """
    from slipway import node

    config = node_config(ctx)
    if dry_run:
        from slipway.node.upgrading import changes

        click.echo("\n".join(changes(config)) or f"the cluster is Kubernetes {config.kubernetes_version} already")
    elif node.upgrade(config, Reporter()):
        click.echo(f"node {config.name} is Kubernetes {config.kubernetes_version}")
    else:
        click.echo(f"the cluster is Kubernetes {config.kubernetes_version} already")


@cluster.command()
@click.pass_context
def stop(ctx: click.Context) -> None:
    """End every process of the cluster in order; its state and data stay."""
    from slipway import node

    node.stop(node_config(ctx), Reporter())


@cluster.command()
@click.option("--data", is_flag=True, help="Remove the data directories (volumes) too.")
@click.pass_context
def delete(ctx: click.Context, data: bool) -> None:
    """Remove the cluster and all that it put on this machine; data directories only with --data."""
    from slipway import node

    node.delete(node_config(ctx), Reporter(), data=data)


@cluster.command()
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def status(ctx: click.Context, output: str) -> None:
    """What runs. Exit code 0 when the cluster is healthy, 1 otherwise."""
    from slipway import node

    state = node.status(node_config(ctx))
    click.echo(json.dumps(state, indent=2) if output == "json" else text(state))
    if state["state"] != "healthy":
        raise click.exceptions.Exit(EXIT_FAILED)


def text(state: dict[str, Any]) -> str:
    """A status for people."""
    lines = [f"{state['name']}: {state['state']}" + (f", {state['address']}" if state["address"] else "")]
    for unit in state["processes"]:
        pid = f"pid {unit['pid']}" if unit["pid"] else unit["last"]
        lines.append(f"  {unit['name']:<12} {unit['state']:<9} {pid}, {unit['restarts']} restarts")
    lines += [f"  ✗ {problem}" for problem in state["problems"]]
    return "\n".join(lines)


@cluster.command()
def kubeconfig() -> None:
    """Print the administrator's kubeconfig: slipway cluster kubeconfig > ~/.kube/config."""
    path = NodeConfig().kubeconfig
    try:
        click.echo(path.read_text(), nl=False)
    except OSError as error:
        raise SlipwayError(f"no kubeconfig: {error.strerror}", str(path), "slipway cluster start, as root") from error


@cluster.command()
@click.option("--image", "images", multiple=True, metavar="NAME", help="One more image, or all; repeatable.")
@click.pass_context
def export(ctx: click.Context, images: tuple[str, ...]) -> None:
    """Prepare what the hosts of a larger cluster need, and print as JSON where it lies (playbooks/cluster.yml asks).

    \b
    Example:
      slipway cluster export --image all
    """
    from slipway.node import fleet

    click.echo(json.dumps(fleet.export(node_config(ctx), images, Reporter())))
