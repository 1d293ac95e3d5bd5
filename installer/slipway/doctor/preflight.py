"""All checks of the machine, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from slipway.doctor.checks import kernel, machine, network, software
from slipway.doctor.model import Facts, Finding
from slipway.errors import SlipwayError

if TYPE_CHECKING:
    from slipway.node import NodeConfig

#: What is checked, and by which function; the name stands in its finding.
TABLE: tuple[tuple[str, str, Callable[[Facts], Finding]], ...] = (
    ("system", "operating system and processor", machine.system),
    ("root", "who runs Slipway", machine.root),
    ("processors", "number of cores", machine.processors),
    ("memory", "memory in all", machine.memory),
    ("disk", "free space for images and volumes", machine.disk),
    ("swap", "swap", machine.swap),
    ("cgroups", "cgroup file system and its version", kernel.cgroups),
    ("cgroup controllers", "cpu, memory and pids controllers", kernel.controllers),
    ("capabilities", "capabilities that mounts and devices need", kernel.capabilities),
    ("resource limits", "CAP_SYS_RESOURCE", kernel.resource_limits),
    ("overlay", "kernel module overlay", kernel.overlay),
    ("bridge", "kernel module br_netfilter", kernel.bridge),
    ("nat", "iptables' nat table", kernel.nat),
    ("kernel log", "/dev/kmsg", kernel.kernel_log),
    ("NFS client", "NFS client of the kernel", kernel.nfs_client),
    ("address", "an IPv4 address to advertise", network.address),
    ("ranges", "pods' and Services' ranges against the machine's networks, name servers and proxies", network.ranges),
    ("ports", "ports that the node listens on", network.ports),
    ("packages", "packages of the distribution", software.packages),
    ("Debian", "apt's sources of the Debian release that images are made of", software.debian),
    ("Go", "Go toolchain", software.toolchain),
    ("other Kubernetes", "another kubelet on this machine", software.other_kubernetes),
    ("leftovers", "devices, mounts and CNI files of an earlier cluster", software.leftovers),
)
CHECKS: tuple[Callable[[Facts], Finding], ...] = tuple(check for _, _, check in TABLE)


def judge(facts: Facts) -> list[Finding]:
    """Every check's finding."""
    return [check(facts) for check in CHECKS]


def preflight(config: NodeConfig | None = None) -> list[Finding]:
    """The findings for this machine and the node that it is to carry."""
    from slipway.doctor.gather import gather
    from slipway.node import NodeConfig

    return judge(gather(config or NodeConfig()))


def require(findings: Iterable[Finding]) -> None:
    """Raises SlipwayError that names every error among the findings."""
    errors = [finding for finding in findings if finding.level == "error"]
    if errors:
        raise SlipwayError(
            "this machine cannot carry the embedded cluster",
            "doctor",
            errors[0].remedy if len(errors) == 1 else "slipway doctor shows each with its remedy",
            tuple(f"{finding.check}: {finding.says}" for finding in errors),
        )
