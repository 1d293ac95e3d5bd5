"""Every check, of the machine and of the cluster, in the order in which they are reported."""

from __future__ import annotations

from slipway.doctor.check import Check, Scope
from slipway.doctor.checks import kernel, machine, network, software
from slipway.doctor.cluster import (
    certificates,
    claims,
    classes,
    clock,
    cni,
    disks,
    dns,
    firstpod,
    kinds,
    nfs,
    permissions,
    pulls,
    records,
    resources,
    server,
    traffic,
    version,
    webhooks,
)

CHECKS: tuple[Check, ...] = (
    Check("system", "operating system and processor", host=machine.system),
    Check("root", "who runs Slipway", host=machine.root),
    Check("processors", "number of cores", host=machine.processors),
    Check("memory", "memory in all", host=machine.memory),
    Check("disk", "free space for images and volumes", host=machine.disk),
    Check("swap", "swap", host=machine.swap),
    Check("cgroups", "cgroup file system and its version", host=kernel.cgroups),
    Check("cgroup controllers", "cpu, memory and pids controllers", host=kernel.controllers),
    Check("capabilities", "capabilities that mounts and devices need", host=kernel.capabilities),
    Check("resource limits", "CAP_SYS_RESOURCE", host=kernel.resource_limits),
    Check("overlay", "kernel module overlay", host=kernel.overlay),
    Check("bridge", "kernel module br_netfilter", host=kernel.bridge),
    Check("nat", "iptables' nat table", host=kernel.nat),
    Check("kernel log", "/dev/kmsg", host=kernel.kernel_log),
    Check("NFS client", "NFS client of the kernel", host=kernel.nfs_client),
    Check("address", "an IPv4 address to advertise", host=network.address),
    Check(
        "ranges",
        "pods' and Services' ranges against the machine's networks, name servers and proxies",
        host=network.ranges,
    ),
    Check("ports", "ports that the node listens on", host=network.ports),
    Check("packages", "packages of the distribution", host=software.packages),
    Check("Debian", "apt's sources of the Debian release that images are made of", host=software.debian),
    Check("Go", "Go toolchain", host=software.toolchain),
    Check("other Kubernetes", "another kubelet on this machine", host=software.other_kubernetes),
    Check("leftovers", "devices, mounts and CNI files of an earlier cluster", host=software.leftovers),
    Check(
        "api-server",
        "the kubeconfig's API server answers, and knows its user; nothing else is asked when it does not",
        server.run,
        gate=True,
    ),
    Check("version", "Kubernetes 1.30 or later, and kubelets that fit to it", version.run),
    Check("kinds", "every kind of the plan is served, or the plan brings its CRD", kinds.run, plan=True),
    Check(
        "permissions", "SelfSubjectAccessReview of each verb on each resource of the plan", permissions.run, plan=True
    ),
    Check("cni", "the pods' network is set up on every node", cni.run),
    Check("disks", "pressure and free space of every node", disks.run),
    Check("resources", "the plan's requests against what the nodes have free", resources.run, plan=True),
    Check("records", "what Slipway keeps of components, release and revisions can be read", records.run),
    Check("clock", "the API server's Date, and the nodes' Leases", clock.run),
    Check("certificates", "API server, kubeconfig, webhooks, the embedded cluster's PKI", certificates.run, plan=True),
    Check("default-class", "one default StorageClass, and those that the plan names", classes.run, plan=True),
    Check("webhooks", "endpoints, caBundle, and a dry run through each webhook", webhooks.run, plan=True),
    Check(
        "pods",
        "a pod without privileges runs; without it other checks with pods are skipped",
        firstpod.run,
        plan=True,
        pods=True,
        first=True,
    ),
    Check("dns", "a pod resolves the API server's Service", dns.run, plan=True, pods=True),
    Check("traffic", "pod to pod and to a Service, between all nodes", traffic.run, plan=True, pods=True),
    Check("claims", "an ordinary user's write through a real claim of each kind", claims.run, plan=True, pods=True),
    Check("pulls", "one image of each registry that the plan uses", pulls.run, plan=True, pods=True, unstarted=True),
    Check(
        "nfs",
        "NFS servers answer and export what volumes name",
        nfs.run,
        plan=True,
        pods=True,
        unstarted=True,
        podless=True,
    ),
)


def checks_of(scope: Scope) -> tuple[Check, ...]:
    """Those of the machine, or of the cluster."""
    return tuple(check for check in CHECKS if check.scope == scope)
