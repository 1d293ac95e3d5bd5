"""Network devices of the pod network."""

from __future__ import annotations

import json
from typing import Any

from slipway.host.run import attempt, run
from slipway.node.address import HOLDER
from slipway.node.cni import BRIDGE


def ours(links: list[dict[str, Any]]) -> list[str]:
    """The bridge, its ports, and the holder of a lost address, from ``ip -j link``; ports before the bridge."""
    ports = [link["ifname"] for link in links if link.get("master") == BRIDGE]
    return ports + [link["ifname"] for link in links if link["ifname"] in (BRIDGE, HOLDER)]


def clear() -> None:
    """Delete them."""
    for name in ours(json.loads(run(["ip", "-j", "link"]))):
        attempt(["ip", "link", "delete", name])
