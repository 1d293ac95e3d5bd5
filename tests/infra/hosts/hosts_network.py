"""The network of the hosts: a bridge in a namespace of its own, and one link from this machine to it.

The bridge does not stand among this machine's links, so that this machine's firewall rules (of kube-proxy, of Docker)
have no part in what the hosts tell each other. With the process that holds the namespace goes everything.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

#: RFC 2544's range for tests of networks: nobody routes it.
PREFIX = "198.18.77"
LENGTH = 24
HERE = f"{PREFIX}.1"
LINK = "slipwayhosts"


class Switch:
    """The bridge; ``close`` ends it."""

    def __init__(self) -> None:
        subprocess.run(["ip", "link", "delete", LINK], capture_output=True, check=False)
        own = Path("/proc/self/ns/net").readlink()
        # Set before the exec of unshare, kept by the exec of sleep.
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while Path(f"/proc/{self.process.pid}/ns/net").readlink() == own:
            assert time.monotonic() < deadline, "unshare gave no network namespace"
            time.sleep(0.02)
        self._ip("link", "add", "bridge", "type", "bridge")
        self._ip("link", "set", "bridge", "up")
        self.connect(LINK, 1, LINK)
        ip("address", "add", f"{HERE}/{LENGTH}", "dev", LINK)
        ip("link", "set", LINK, "up")

    def connect(self, name: str, namespace_of: int, inside: str) -> None:
        """A link ``inside`` the network namespace of a process, whose other end is the bridge's port ``name``.
        Process 1 stands for this machine."""
        there = [] if namespace_of == 1 else ["netns", str(namespace_of)]
        port = f"p-{name}"[:15]
        ip("link", "add", inside, *there, "type", "veth", "peer", "name", port, "netns", str(self.process.pid))
        self._ip("link", "set", port, "master", "bridge", "up")

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["nsenter", "--net", "--target", str(self.process.pid), "ip", *arguments], check=True)

    def close(self) -> None:
        """End the bridge and with it every link."""
        self.process.kill()
        self.process.wait()
        subprocess.run(["ip", "link", "delete", LINK], capture_output=True, check=False)


def ip(*arguments: str) -> None:
    """``ip`` of iproute2; a failure raises CalledProcessError."""
    subprocess.run(["ip", *arguments], check=True)


def links() -> set[str]:
    """The names of this machine's links."""
    text = subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout
    return {str(link["ifname"]) for link in json.loads(text)}
