"""A way to Services for the node's own programs on a machine without a default route.

kube-proxy turns a Service's address into a Pod's after the routing decision; where the decision is "network is
unreachable", the API server reaches no webhook. Any route will do: the packet never takes it.
"""

from __future__ import annotations

import ipaddress
import json

from slipway.host.files import write
from slipway.host.run import attempt, run
from slipway.node.address import local_addresses
from slipway.node.config import NodeConfig


def ensure(config: NodeConfig, address: str) -> bool:
    """Add a route to the Services' range where there is none; True when that was needed."""
    first = str(next(ipaddress.ip_network(config.service_cidr).hosts()))
    code, _ = attempt(["ip", "route", "get", first])
    if code == 0:
        return False
    links = local_addresses(json.loads(run(["ip", "-j", "-4", "addr"])))
    write(config.state / "service-route", config.service_cidr + "\n")
    run(["ip", "route", "replace", config.service_cidr, "dev", links[address], "src", address])
    return True


def clear(config: NodeConfig) -> None:
    """Take our route away."""
    mark = config.state / "service-route"
    if mark.exists():
        attempt(["ip", "route", "del", mark.read_text().strip()])
        mark.unlink()
