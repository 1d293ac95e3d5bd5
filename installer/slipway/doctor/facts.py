"""The facts of a machine that its checks look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from slipway.node.config import NodeConfig


@dataclass(frozen=True)
class Facts:
    """A machine, as values: gathered once, judged by pure functions.

    ``ports`` maps a TCP port in use to the program that listens on it; ``memory_mib`` and ``disk_gib`` are what is
    there in all and what is free; ``filesystems`` is /proc/filesystems; ``missing_packages`` are what apt has to
    install. ``controllers`` are the cgroup controllers that the kernel has; ``nat`` is what iptables says when its nat
    table cannot be read; ``leftovers`` are devices, mounts and files of another cluster.
    """

    system: str = "Linux"
    machine: str = "x86_64"
    root: bool = True
    systemd: bool = False
    cgroup: int = 2
    capabilities: int = (1 << 41) - 1
    swap_mib: int = 0
    memory_mib: int = 8192
    cpus: int = 2
    disk_gib: float = 50.0
    filesystems: frozenset[str] = frozenset({"overlay", "nfs4"})
    bridge_netfilter: bool = True
    kernel_log: bool = True
    ports: Mapping[int, str] = field(default_factory=dict)
    node_made: bool = False
    foreign: str = ""
    missing_packages: tuple[str, ...] = ()
    gateway_port: int = NodeConfig.gateway_node_port
    gateway_tls_port: int = 0
    registry_port: int = NodeConfig.registry_node_port
    lacks_debian: str = ""
    debian_remedy: str = ""
    apt: bool = True
    go: bool = True
    address: str = "192.0.2.2"
    networks: tuple[str, ...] = ()
    #: Addresses that the machine needs outside, with what they are.
    servers: tuple[tuple[str, str], ...] = ()
    pod_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/12"
    state_path: str = "/var/lib/slipway"
    controllers: frozenset[str] = frozenset({"cpu", "memory", "pids"})
    nat: str = ""
    leftovers: tuple[str, ...] = ()
