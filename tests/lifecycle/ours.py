"""What of this machine is Slipway's: processes, mounts, network devices, chains, directories. Read, never changed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from slipway import paths
from slipway.node.clean.processes import Seen, in_pod, is_shim, processes

DIRECTORIES = (
    "/etc/kubernetes",
    "/var/lib/kubelet",
    "/var/lib/etcd",
    "/var/lib/slipway",
    "/run/slipway",
    "/var/log/slipway",
)


def our_processes() -> list[Seen]:
    """The supervisor, what it runs, shims, and everything in pods."""
    socket = str(paths.RUN / "containerd" / "containerd.sock")
    everything = processes()
    roots = {p.pid for p in everything if any(str(paths.RUN) in part for part in p.argv) or in_pod(p)}
    parents = {p.pid: _parent(p.pid) for p in everything}
    return [p for p in everything if in_pod(p) or is_shim(p, socket) or _descends(p.pid, roots, parents)]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _descends(pid: int, roots: set[int], parents: dict[int, int]) -> bool:
    while pid > 1:
        if pid in roots:
            return True
        pid = parents.get(pid, 0)
    return False


def our_mounts() -> list[str]:
    """Mount points below the directories that are ours."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if any(point.startswith(f"{root}/") for root in DIRECTORIES)]


def our_devices() -> list[str]:
    """Bridges, veth pairs and dummies that a node makes."""
    links = json.loads(subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout)
    names = [link["ifname"] for link in links]
    return [name for name in names if name.startswith(("cni", "slipway", "veth", "kube-"))]


def our_chains() -> list[str]:
    """Chains of kube-proxy, the kubelet and the CNI plugins, IPv4 and IPv6."""
    found = []
    for command in ("iptables-save", "ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save"):
        try:
            run = subprocess.run([command], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            continue
        found += [line.split()[0] for line in run.stdout.splitlines() if line.startswith((":KUBE-", ":CNI-"))]
    return found


def our_directories() -> list[str]:
    """Those that are still there."""
    return [name for name in DIRECTORIES if Path(name).exists()]
