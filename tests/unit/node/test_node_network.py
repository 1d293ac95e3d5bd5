"""Addresses and the pod network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from slipway.node import NodeConfig, address, cni
from slipway.node.clean import links

#: ip -j -4 addr on a machine with Docker and a node of ours.
ADDRESSES: list[dict[str, Any]] = [
    {"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host"}]},
    {"ifname": "eth0", "addr_info": [{"family": "inet", "local": "192.0.2.2", "prefixlen": 24, "scope": "global"}]},
    {"ifname": "docker0", "addr_info": [{"family": "inet", "local": "172.17.0.1", "prefixlen": 16, "scope": "global"}]},
    {"ifname": "eth1", "addr_info": []},
]


@pytest.mark.parametrize(
    ("cluster", "node"),
    [("10.244.0.0/16", "10.244.0.0/24"), ("10.50.128.0/17", "10.50.128.0/24"), ("10.9.8.0/25", "10.9.8.0/25")],
)
def test_the_first_node_gets_the_first_block(cluster: str, node: str) -> None:
    assert cni.first_block(cluster) == node


def test_the_pod_network_is_a_bridge_with_masquerade_and_host_ports() -> None:
    conf = json.loads(cni.configuration(NodeConfig(), "10.244.0.0/24"))
    bridge, portmap = conf["plugins"]
    assert conf["name"] == "slipway"
    assert (bridge["type"], bridge["bridge"], bridge["ipMasq"], bridge["isGateway"]) == (
        "bridge",
        "slipway0",
        True,
        True,
    )
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.0.0/24"}]]
    assert (portmap["type"], portmap["capabilities"]) == ("portmap", {"portMappings": True})


def test_only_global_addresses_count() -> None:
    assert address.local_addresses(ADDRESSES) == {"192.0.2.2": "eth0", "172.17.0.1": "docker0"}


def test_the_address_is_chosen_once(tmp_path: Path) -> None:
    assert address.record(NodeConfig(state=tmp_path, address="192.0.2.9")) == "192.0.2.9"
    # Another network, another default: the cluster's certificates hold the first one.
    assert address.record(NodeConfig(state=tmp_path, address="198.51.100.1")) == "192.0.2.9"
    assert address.node_address(NodeConfig(state=tmp_path)) == "192.0.2.9"


def test_asking_for_the_address_records_nothing(tmp_path: Path) -> None:
    assert address.node_address(NodeConfig(state=tmp_path, address="192.0.2.9")) == "192.0.2.9"
    assert list(tmp_path.iterdir()) == []


def test_the_nodes_devices_and_nobody_elses() -> None:
    found = [
        {"ifname": "lo"},
        {"ifname": "eth0"},
        {"ifname": "slipway0"},
        {"ifname": "veth1a2b", "master": "slipway0"},
        {"ifname": "veth9f8e", "master": "docker0"},
        {"ifname": "slipway1"},
        {"ifname": "cni-podman0"},
    ]
    assert links.ours(found) == ["veth1a2b", "slipway0", "slipway1"]
