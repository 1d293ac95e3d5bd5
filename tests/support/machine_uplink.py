"""A way out for a machine of the tests: a link to this machine, which sends its packets on under its own address.

Rules carry a name of their own, by which those of a killed run are found and removed.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

#: RFC 2544's range for tests of networks, beside the one of the hosts.
PREFIX = "198.18.78"
LENGTH = 24
HERE, THERE = f"{PREFIX}.1", f"{PREFIX}.2"
LINK = "slipwayfresh"
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
_RULES = (
    ("nat", "POSTROUTING", f"-s {PREFIX}.0/{LENGTH} ! -d {PREFIX}.0/{LENGTH} -j MASQUERADE"),
    ("filter", "FORWARD", f"-i {LINK} -j ACCEPT"),
    ("filter", "FORWARD", f"-o {LINK} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
)


@contextlib.contextmanager
def uplink(pid: int) -> Iterator[str]:
    """The network namespace of a process gets ``eth0`` and a default route; gives its address. Removed afterwards."""
    _remove()
    forward = _FORWARD.read_text()
    try:
        _ip("link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        mtu = _mtu()
        _ip("address", "add", f"{HERE}/{LENGTH}", "dev", LINK)
        _ip("link", "set", LINK, "mtu", mtu, "up")
        inside = ["nsenter", "--net", "--target", str(pid), "ip"]
        for words in (
            ["address", "add", f"{THERE}/{LENGTH}", "dev", "eth0"],
            ["link", "set", "eth0", "mtu", mtu, "up"],
            ["route", "add", "default", "via", HERE],
        ):
            subprocess.run([*inside, *words], check=True)
        _FORWARD.write_text("1\n")
        for table, chain, rule in _RULES:
            _iptables(table, "-I", chain, rule, check=True)
        yield THERE
    finally:
        _remove()
        _FORWARD.write_text(forward)


def _remove() -> None:
    for table, chain, rule in _RULES:
        while _iptables(table, "-D", chain, rule, check=False) == 0:
            pass
    subprocess.run(["ip", "link", "delete", LINK], capture_output=True, check=False)


def _iptables(table: str, action: str, chain: str, rule: str, *, check: bool) -> int:
    words = ["iptables", "-w", "30", "-t", table, action, chain, *rule.split()]
    return subprocess.run(words, capture_output=not check, check=check).returncode


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _mtu() -> str:
    """That of the way out: packets that are too long for it would only be found out one by one."""
    asked = subprocess.run(["ip", "-j", "route", "show", "default"], capture_output=True, text=True, check=True).stdout
    routes = json.loads(asked or "[]")
    assert routes, "this machine has no default route: nothing can be fetched"
    return Path(f"/sys/class/net/{routes[0]['dev']}/mtu").read_text().strip()
