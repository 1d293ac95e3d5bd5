"""Name servers for Pods on a machine that has none: without the file no Pod starts, with an empty one CoreDNS ends.

Where /etc/resolv.conf names a server, it is used as it is and nothing here is written.
"""

from __future__ import annotations

import re
from pathlib import Path

from slipway.host.files import write
from slipway.node.config import NodeConfig

HOST = Path("/etc/resolv.conf")


def has_server(path: Path = HOST) -> bool:
    """Whether a resolv.conf(5) names a server."""
    try:
        return re.search(r"^\s*nameserver\s+\S+", path.read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def prepare(config: NodeConfig, address: str, host: Path = HOST) -> str:
    """The kubelet's ``resolvConf``, or "" for its own choice.

    Once written, the file stays and follows the host's: a machine that gets a network later has its names in Pods
    that start afterwards. Without one the node itself is named: nothing answers there, at once, and CoreDNS sees no
    loop as it would with 127.0.0.1.
    """
    path = config.state / "resolv.conf"
    known = has_server(host)
    if known and not path.exists():
        return ""
    write(path, host.read_text() if known else f"# This machine has no name server.\nnameserver {address}\n")
    return str(path)
