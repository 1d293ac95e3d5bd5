"""The embedded cluster: one real kubeadm node on this machine.

The functions import what they need when they are called: the supervisor daemon lives in this package and must
stay small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slipway.node.config import NodeConfig

if TYPE_CHECKING:
    from slipway.progress import Reporter

__all__ = ["NodeConfig", "delete", "node_ip", "start", "status", "stop", "upgrade"]


def start(config: NodeConfig, reporter: Reporter) -> None:
    """Bring the cluster up, or back up; seconds on a healthy one. Raises SlipwayError with a cause and a remedy."""
    from slipway.node.bring_up import start as run

    run(config, reporter)


def upgrade(config: NodeConfig, reporter: Reporter) -> bool:
    """Move the cluster to the Kubernetes that this Slipway brings; whether there was something to do."""
    from slipway.node.upgrading import upgrade as run

    return run(config, reporter)


def stop(config: NodeConfig, reporter: Reporter) -> None:
    """End every process of the cluster in order; its state stays."""
    from slipway.node.shut_down import stop as run

    run(config, reporter)


def delete(config: NodeConfig, reporter: Reporter, *, data: bool = False) -> None:
    """Remove everything that the cluster put on the machine; its data only with ``data``."""
    from slipway.node.removal import delete as run

    run(config, reporter, data=data)


def status(config: NodeConfig | None = None) -> dict[str, Any]:
    """What runs: ``{"state": healthy|degraded|stopped|absent, "address", "processes", "node", …}``."""
    from slipway.node.report import status as run

    return run(config or NodeConfig())


def node_ip(config: NodeConfig | None = None) -> str:
    """The address under which the node and its NodePorts answer: the recorded one, else the machine's primary one."""
    from slipway.node.address import node_address

    return node_address(config or NodeConfig())
