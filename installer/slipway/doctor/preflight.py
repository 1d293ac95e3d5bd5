"""All checks of the machine, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from slipway.doctor.checks import kernel, machine, network, software
from slipway.doctor.model import Check, Facts, Finding
from slipway.errors import SlipwayError

if TYPE_CHECKING:
    from slipway.node import NodeConfig

MachineCheck = Check[Facts, Finding]
#: The name stands in the finding, too.
TABLE: tuple[MachineCheck, ...] = (
    Check("system", "operating system and processor", machine.system),
    Check("root", "who runs Slipway", machine.root),
    Check("processors", "number of cores", machine.processors),
    Check("memory", "memory in all", machine.memory),
    Check("disk", "free space for images and volumes", machine.disk),
    Check("swap", "swap", machine.swap),
    Check("cgroups", "cgroup file system and its version", kernel.cgroups),
    Check("cgroup controllers", "cpu, memory and pids controllers", kernel.controllers),
    Check("capabilities", "capabilities that mounts and devices need", kernel.capabilities),
    Check("resource limits", "CAP_SYS_RESOURCE", kernel.resource_limits),
    Check("overlay", "kernel module overlay", kernel.overlay),
    Check("bridge", "kernel module br_netfilter", kernel.bridge),
    Check("nat", "iptables' nat table", kernel.nat),
    Check("kernel log", "/dev/kmsg", kernel.kernel_log),
    Check("NFS client", "NFS client of the kernel", kernel.nfs_client),
    Check("address", "an IPv4 address to advertise", network.address),
    Check(
        "ranges", "pods' and Services' ranges against the machine's networks, name servers and proxies", network.ranges
    ),
    Check("ports", "ports that the node listens on", network.ports),
    Check("packages", "packages of the distribution", software.packages),
    Check("Debian", "apt's sources of the Debian release that images are made of", software.debian),
    Check("Go", "Go toolchain", software.toolchain),
    Check("other Kubernetes", "another kubelet on this machine", software.other_kubernetes),
    Check("leftovers", "devices, mounts and CNI files of an earlier cluster", software.leftovers),
)


def judge(facts: Facts) -> list[Finding]:
    """Every check's finding."""
    return [check.run(facts) for check in TABLE]


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
