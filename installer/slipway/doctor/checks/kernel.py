"""What the kernel and the container around us allow."""

from __future__ import annotations

from slipway.doctor.facts import Facts
from slipway.doctor.finding import Finding, fail, ok
from slipway.host.machine import CAP_SYS_RESOURCE

CAP_NET_ADMIN, CAP_SYS_ADMIN = 12, 21


def cgroups(facts: Facts) -> Finding:
    """Version 2 is best; version 1 works with this Kubernetes; without them nothing does."""
    if facts.cgroup == 2:
        return ok("version 2")
    if facts.cgroup == 1:
        return ok("version 1: works, with the kubelet's failCgroupV1 turned off")
    return fail("no cgroup file system", "mount -t cgroup2 none /sys/fs/cgroup")


def controllers(facts: Facts) -> Finding:
    """The kubelet ends when it cannot limit processors, memory and processes."""
    lacking = sorted({"cpu", "memory", "pids"} - facts.controllers)
    if facts.cgroup and lacking:
        return fail(
            f"the kernel has none for {', '.join(lacking)}",
            "enable it on the kernel's command line: cgroup_enable=memory",
        )
    return ok("cpu, memory, pids")


def nat(facts: Facts) -> Finding:
    """kube-proxy and masquerading write rules into the nat table."""
    if facts.nat:
        return fail(f"iptables: {facts.nat}", "modprobe iptable_nat nf_conntrack; or an nft kernel")
    return ok("the nat table can be read")


def capabilities(facts: Facts) -> Finding:
    """Mounting and network devices need privileges that some containers lack."""
    lacking = [
        name
        for name, number in (("CAP_SYS_ADMIN", CAP_SYS_ADMIN), ("CAP_NET_ADMIN", CAP_NET_ADMIN))
        if not facts.capabilities >> number & 1
    ]
    if lacking:
        return fail(f"{' and '.join(lacking)} missing", "docker run --privileged, or a VM")
    return ok("mounts and network devices are allowed")


def resource_limits(facts: Facts) -> Finding:
    """runc dies with «can't get final child's PID from pipe» when it may not lower oom_score_adj."""
    if not facts.capabilities >> CAP_SYS_RESOURCE & 1:
        return ok("no CAP_SYS_RESOURCE: containerd runs with restrict_oom_score_adj = true")
    return ok("CAP_SYS_RESOURCE is there")


def overlay(facts: Facts) -> Finding:
    """containerd's snapshots."""
    if "overlay" not in facts.filesystems:
        return fail("the kernel has no overlay file system", "modprobe overlay")
    return ok("overlay file system")


def bridge(facts: Facts) -> Finding:
    """Services are reached from pods on the same bridge only when bridged packets pass iptables."""
    if not facts.bridge_netfilter:
        return fail("bridged packets do not pass iptables", "modprobe br_netfilter")
    return ok("br_netfilter")


def kernel_log(facts: Facts) -> Finding:
    """The kubelet reads of killed processes in /dev/kmsg, and ends when it cannot."""
    if not facts.kernel_log:
        return fail("/dev/kmsg is not there", "mknod /dev/kmsg c 1 11")
    return ok("/dev/kmsg")


def nfs_client(facts: Facts) -> Finding:
    """Without one, the node's own volumes are bind-mounted; those of other servers cannot be mounted."""
    if "nfs4" not in facts.filesystems:
        return ok(
            "the kernel has none: volumes of this node are bind-mounted, those of another server cannot be mounted"
        )
    return ok("nfs4 in the kernel")
