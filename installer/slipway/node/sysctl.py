"""Kernel settings that pods' traffic needs."""

from __future__ import annotations

from pathlib import Path

from slipway.errors import SlipwayError
from slipway.host.run import attempt

WANTED = {
    "net.ipv4.ip_forward": "1",
    "net.bridge.bridge-nf-call-iptables": "1",
    # kube-proxy answers on 127.0.0.1 for NodePorts: containerd pulls through it.
    "net.ipv4.conf.all.route_localnet": "1",
}
#: Raised where they are lower; each container has several watches.
AT_LEAST = {"fs.inotify.max_user_instances": 1024, "fs.inotify.max_user_watches": 524288}


def ensure(root: Path = Path("/proc/sys")) -> list[str]:
    """Set what differs; the names. Raises SlipwayError when a needed one cannot be set."""
    for module in ("overlay", "br_netfilter"):
        attempt(["modprobe", "-q", module])
    changed = []
    for name, value in WANTED.items():
        path = root / name.replace(".", "/")
        try:
            if path.read_text().strip() != value:
                path.write_text(value + "\n")
                changed.append(name)
        except OSError as error:
            raise SlipwayError(f"{name} cannot be set to {value}: {error.strerror}", "kernel", _remedy(name)) from error
    for name, least in AT_LEAST.items():
        path = root / name.replace(".", "/")
        if path.exists() and int(path.read_text()) < least:
            try:
                path.write_text(f"{least}\n")
                changed.append(name)
            except OSError:
                continue
    return changed


def _remedy(name: str) -> str:
    if "bridge" in name:
        return "the kernel needs br_netfilter: modprobe br_netfilter"
    return f"as root on the host: sysctl -w {name}=1"
