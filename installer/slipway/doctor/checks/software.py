"""Packages, and another Kubernetes."""

from __future__ import annotations

from slipway.doctor.model import Facts, Finding


def packages(facts: Facts) -> Finding:
    """apt installs what is missing, where there is apt."""
    if not facts.missing_packages:
        return Finding("packages", "ok", "all installed")
    names = " ".join(facts.missing_packages)
    if not facts.apt:
        return Finding(
            "packages", "error", f"no apt-get, and missing: {names}", "install them with your package manager"
        )
    return Finding("packages", "note", f"to be installed by apt: {names}")


def debian(facts: Facts) -> Finding:
    """Images are made of Debian's packages, from the mirror that this machine's apt knows."""
    if facts.lacks_debian:
        return Finding("Debian", "warning", f"{facts.lacks_debian}: images cannot be built here", facts.debian_remedy)
    return Finding("Debian", "ok", "apt knows a mirror of the release that images are made of")


def toolchain(facts: Facts) -> Finding:
    """Kubernetes and other Go programs are built from their modules."""
    if not facts.go:
        return Finding("Go", "note", "not on PATH: a pinned one is downloaded")
    return Finding("Go", "ok", "on PATH")


def other_kubernetes(facts: Facts) -> Finding:
    """Two kubelets on one machine destroy each other's pods."""
    if facts.foreign:
        return Finding(
            "other Kubernetes",
            "error",
            f"found: {facts.foreign}",
            "use it: slipway install --kubeconfig FILE; or remove it first: kubeadm reset",
        )
    return Finding("other Kubernetes", "ok", "none" if not facts.node_made else "only slipway's own node")


def leftovers(facts: Facts) -> Finding:
    """Another cluster's devices and configuration catch the packets of this one."""
    if facts.leftovers and not facts.node_made:
        return Finding(
            "leftovers",
            "warning",
            f"of another cluster: {', '.join(facts.leftovers)}",
            "ip link delete DEVICE, umount, remove the files in /etc/cni/net.d",
        )
    return Finding("leftovers", "ok", "none" if not facts.node_made else "only slipway's own node")
