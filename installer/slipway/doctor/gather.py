"""Reading the facts from this machine."""

from __future__ import annotations

import ipaddress
import json
import os
import platform
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from slipway.artifacts import apt
from slipway.artifacts.apt import SUITE
from slipway.doctor.facts import Facts
from slipway.errors import SlipwayError
from slipway.host import machine, packages
from slipway.host.run import attempt, environment
from slipway.node import NodeConfig, state
from slipway.node.address import HOLDER, node_address
from slipway.node.cni import BRIDGE
from slipway.node.ports import ports_of

#: Devices that flannel, the bridge plugin, kube-proxy and Calico leave behind.
FOREIGN = ("cni0", "flannel.1", "kube-ipvs0", "vxlan.calico")


def gather(config: NodeConfig) -> Facts:
    """The facts of this machine; nothing is changed, and what cannot be read counts as absent."""
    path = environment()["PATH"]
    memory = meminfo(_read("/proc/meminfo"))
    debian = _debian()
    return Facts(
        system=platform.system(),
        machine=platform.machine(),
        root=os.geteuid() == 0,
        systemd=machine.has_systemd(),
        cgroup=machine.cgroup_version(),
        capabilities=machine.bounding_set(_read("/proc/self/status")),
        swap_mib=memory.get("SwapTotal", 0),
        memory_mib=memory.get("MemTotal", 0),
        # Those that this process may use: a container may have fewer than its machine.
        cpus=len(os.sched_getaffinity(0)),
        disk_gib=shutil.disk_usage(_existing(config.state)).free / 1024**3,
        filesystems=frozenset(line.split()[-1] for line in _read("/proc/filesystems").splitlines() if line.split()),
        bridge_netfilter=_bridge_netfilter(),
        kernel_log=Path("/dev/kmsg").exists(),
        ports=_ports_in_use(config),
        gateway_port=config.gateway_node_port,
        gateway_tls_port=config.gateway_tls_node_port,
        registry_port=config.registry_node_port,
        node_made=(config.state / "address").exists(),
        foreign=state.foreign_kubernetes(config),
        missing_packages=tuple(packages.lacking("up")),
        lacks_debian=debian.what if debian else "",
        debian_remedy=debian.remedy if debian else "",
        apt=shutil.which("apt-get", path=path) is not None,
        go=shutil.which("go", path=path) is not None,
        address=_address(config),
        networks=tuple(networks(_links())),
        servers=tuple(servers(_read("/etc/resolv.conf"), os.environ)),
        pod_cidr=config.pod_cidr,
        service_cidr=config.service_cidr,
        state_path=str(config.state),
        controllers=controllers(_read("/proc/cgroups")),
        nat=_nat(),
        leftovers=() if (config.state / "address").exists() else _leftovers(config),
    )


def _debian() -> SlipwayError | None:
    """Why images cannot be made from this machine's apt sources."""
    try:
        apt.debian_sources(apt.host_sources(), SUITE)
    except SlipwayError as error:
        return error
    return None


def meminfo(text: str) -> dict[str, int]:
    """/proc/meminfo in MiB."""
    return {name: int(kib) // 1024 for name, kib in re.findall(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def listeners(text: str) -> set[int]:
    """Ports in state LISTEN (0A) from /proc/net/tcp or tcp6 (proc_net_tcp)."""
    rows = (line.split() for line in text.splitlines()[1:])
    return {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == "0A"}


def owners(ss_output: str) -> dict[int, str]:
    """port → program from the output of ``ss -Hltnp``."""
    programs = {}
    for line in ss_output.splitlines():
        words = line.split()
        program = re.search(r'users:\(\("([^"]+)"', line)
        if len(words) > 3 and program:
            programs[int(words[3].rpartition(":")[2])] = program.group(1)
    return programs


def networks(links: list[dict[str, Any]]) -> list[str]:
    """The machine's own IPv4 networks, from ``ip -j -4 addr``; loopback and the cluster's devices left out."""
    return [
        f"{info['local']}/{info['prefixlen']}"
        for link in links
        if link["ifname"] not in ("lo", BRIDGE, HOLDER)
        for info in link.get("addr_info", [])
        if info.get("family") == "inet"
    ]


def servers(resolv_conf: str, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """(what, IPv4 address) of the name servers and of proxies that are given by address, this machine's own left out.

    The node keeps packets to the Services' range: a server in there would be out of reach.
    """
    addresses = [
        ("name server", address) for address in re.findall(r"^\s*nameserver\s+(\S+)", resolv_conf, re.MULTILINE)
    ]
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        with suppress(ValueError):
            addresses.append((f"proxy of {name}", urlsplit(environ.get(name, "")).hostname or ""))
    return [(what, address) for what, address in addresses if _outside(address)]


def _outside(address: str) -> bool:
    try:
        return not ipaddress.IPv4Address(address).is_loopback
    except ValueError:
        return False


def controllers(text: str) -> frozenset[str]:
    """Enabled controllers of /proc/cgroups (name, hierarchy, groups, enabled); a kernel that lists none has all."""
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    enabled = frozenset(row[0] for row in rows if len(row) == 4 and row[3] == "1")
    return enabled or frozenset({"cpu", "memory", "pids"})


def _nat() -> str:
    if shutil.which("iptables", path=environment()["PATH"]) is None:
        # A package that is to be installed, which another check says.
        return ""
    code, text = attempt(["iptables", "-w", "5", "-t", "nat", "-S", "PREROUTING"])
    return "" if code == 0 else text.strip().partition("\n")[0] or f"ended with code {code}"


def _leftovers(config: NodeConfig) -> tuple[str, ...]:
    devices = [name for name in (*FOREIGN, BRIDGE) if Path("/sys/class/net", name).exists()]
    mounts = [line.split()[1] for line in _read("/proc/self/mounts").splitlines()]
    below = [path for path in mounts if path.startswith(f"{config.kubelet_root}/")]
    networks = sorted(str(path) for path in Path("/etc/cni/net.d").glob("*.conf*"))
    return (*devices, *below[:3], *networks)


def _ports_in_use(config: NodeConfig) -> dict[int, str]:
    used = listeners(_read("/proc/net/tcp")) | listeners(_read("/proc/net/tcp6"))
    named = owners(attempt(["ss", "-Hltnp"])[1])
    meant = ports_of(config.gateway_node_port, config.registry_node_port, config.gateway_tls_node_port)
    return {port: named.get(port, "") for port in meant if port in used}


def _bridge_netfilter() -> bool:
    setting = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if not setting.exists():
        attempt(["modprobe", "-q", "br_netfilter"])
    return setting.exists()


def _links() -> list[dict[str, Any]]:
    code, text = attempt(["ip", "-j", "-4", "addr"])
    return list(json.loads(text)) if code == 0 and text else []


def _address(config: NodeConfig) -> str:
    try:
        return node_address(config)
    except SlipwayError:
        return ""


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
