"""Packages, and another Kubernetes."""

from __future__ import annotations

from slipway.doctor.facts import Facts
from slipway.doctor.finding import Finding, fail, ok, warn


def packages(facts: Facts) -> Finding:
    """apt installs what is missing, where there is apt."""
    if not facts.missing_packages:
        return ok("all installed")
    names = " ".join(facts.missing_packages)
    if not facts.apt:
        return fail(f"no apt-get, and missing: {names}", "install them with your package manager")
    return ok(f"to be installed by apt: {names}")


def debian(facts: Facts) -> Finding:
    """Images are made of Debian's packages, from the mirror that this machine's apt knows."""
    if facts.lacks_debian:
        return warn(f"{facts.lacks_debian}: images cannot be built here", facts.debian_remedy)
    return ok("apt knows a mirror of the release that images are made of")


def toolchain(facts: Facts) -> Finding:
    """Kubernetes and other Go programs are built from their modules."""
    if not facts.go:
        return ok("not on PATH: a pinned one is downloaded")
    return ok("on PATH")


def other_kubernetes(facts: Facts) -> Finding:
    """Two kubelets on one machine destroy each other's pods."""
    if facts.foreign:
        return fail(
            f"found: {facts.foreign}", "use it: slipway install --kubeconfig FILE; or remove it first: kubeadm reset"
        )
    return ok("none" if not facts.node_made else "only slipway's own node")


def leftovers(facts: Facts) -> Finding:
    """Another cluster's devices and configuration catch the packets of this one."""
    if facts.leftovers and not facts.node_made:
        return warn(
            f"of another cluster: {', '.join(facts.leftovers)}",
            "ip link delete DEVICE, umount, remove the files in /etc/cni/net.d",
        )
    return ok("none" if not facts.node_made else "only slipway's own node")
