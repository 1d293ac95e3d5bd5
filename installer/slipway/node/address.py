"""The node's address: chosen once, kept for the life of the cluster."""

from __future__ import annotations

import json
import socket
from typing import Any

from slipway.errors import SlipwayError
from slipway.host.files import write
from slipway.host.run import run
from slipway.node.config import NodeConfig

#: Holds a recorded address that the machine has lost (another network, a new DHCP lease). A bridge without ports:
#: not every kernel has dummy devices, but pods need bridges anyway.
HOLDER = "slipway1"


def primary_address() -> str:
    """The source address of the default route, or the first global one. Raises SlipwayError when there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # No packet is sent: connect only asks the routing table.
            probe.connect(("192.0.2.254", 9))
            source = str(probe.getsockname()[0])
        except OSError:
            source = ""
    if source and not source.startswith("127."):
        return source
    mine = local_addresses(json.loads(run(["ip", "-j", "-4", "addr"])))
    usable = [address for address, link in mine.items() if link != "lo" and not link.startswith("slipway")]
    if not usable:
        raise SlipwayError(
            "this machine has no IPv4 address beside 127.0.0.1",
            "network",
            "give it one: ip link add slipway1 type bridge; ip addr add 10.255.255.1/32 dev slipway1; "
            "ip link set slipway1 up",
        )
    return usable[0]


def local_addresses(links: list[dict[str, Any]]) -> dict[str, str]:
    """address → interface, from the JSON of ``ip -j -4 addr``; global addresses only."""
    return {
        info["local"]: link["ifname"]
        for link in links
        for info in link.get("addr_info", [])
        if info.get("family") == "inet" and info.get("scope") == "global"
    }


def record(config: NodeConfig) -> str:
    """The recorded address; the first call chooses and records it."""
    path = config.state / "address"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        chosen = config.address or primary_address()
        write(path, chosen + "\n")
        return chosen


def node_address(config: NodeConfig) -> str:
    """The recorded address, or the one that a start would choose; writes nothing."""
    try:
        return (config.state / "address").read_text().strip()
    except OSError:
        return config.address or primary_address()


def ensure_present(address: str) -> bool:
    """Put the address on a device of ours when no interface has it; True when that was needed."""
    links = json.loads(run(["ip", "-j", "-4", "addr"]))
    if address in local_addresses(links):
        return False
    if HOLDER not in {link["ifname"] for link in links}:
        run(["ip", "link", "add", HOLDER, "type", "bridge"])
    run(["ip", "addr", "replace", f"{address}/32", "dev", HOLDER])
    run(["ip", "link", "set", HOLDER, "up"])
    return True
