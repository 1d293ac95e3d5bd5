"""The pod network of one node: bridge, host-local, portmap and loopback of the CNI project."""

from __future__ import annotations

import ipaddress
import json

from slipway.node.config import NodeConfig

BRIDGE = "slipway0"
#: The controller manager cuts the cluster's CIDR into blocks of this length, one per node.
NODE_PREFIX = 24


def first_block(pod_cidr: str) -> str:
    """What the controller manager gives the first node: the first /24 of the pod CIDR."""
    network = ipaddress.ip_network(pod_cidr)
    return str(next(network.subnets(new_prefix=max(NODE_PREFIX, network.prefixlen))))


def configuration(config: NodeConfig, node_cidr: str) -> str:
    """The conflist (CNI spec 1.0.0) that hands out addresses of ``node_cidr``."""
    plugins = [
        {
            "type": "bridge",
            "bridge": BRIDGE,
            "isGateway": True,
            "ipMasq": True,
            "hairpinMode": True,
            "ipam": {
                "type": "host-local",
                "dataDir": str(config.run / "cni"),
                "ranges": [[{"subnet": node_cidr}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    return json.dumps({"cniVersion": "1.0.0", "name": "slipway", "plugins": plugins}, indent=2) + "\n"
