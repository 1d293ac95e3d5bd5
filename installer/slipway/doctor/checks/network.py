"""Ports, addresses and the ranges that pods and Services get."""

from __future__ import annotations

import ipaddress

from slipway.doctor.model import Facts, Finding

#: What the node listens on. Source: https://kubernetes.io/docs/reference/networking/ports-and-protocols/
PORTS = {
    6443: "the API server",
    2379: "etcd's clients",
    2380: "etcd's peers",
    10250: "the kubelet",
    10256: "kube-proxy",
    10257: "the controller manager",
    10259: "the scheduler",
    2049: "the NFS server",
    30080: "the gateway",
    30500: "the registry",
}


def ports(facts: Facts) -> Finding:
    """Free before the first start; afterwards they are in use by the node itself."""
    if facts.node_running:
        return Finding("ports", "ok", "in use by the node")
    taken = [
        f"{port} ({PORTS[port]}) by {facts.ports[port] or 'another program'}" for port in PORTS if port in facts.ports
    ]
    if taken:
        return Finding("ports", "error", f"in use: {', '.join(taken)}", "stop that program: ss -ltnp shows it")
    return Finding("ports", "ok", "free")


def address(facts: Facts) -> Finding:
    """The API server is advertised under an address of the machine."""
    if not facts.address:
        return Finding(
            "address", "error", "only 127.0.0.1", "give the machine an IPv4 address; a dummy interface will do"
        )
    return Finding("address", "ok", facts.address)


def ranges(facts: Facts, pods: str = "10.244.0.0/16", services: str = "10.96.0.0/12") -> Finding:
    """The machine's own networks must not lie in what the cluster hands out."""
    for mine in facts.networks:
        for name, taken in (("pods", pods), ("Services", services)):
            if ipaddress.ip_network(mine, strict=False).overlaps(ipaddress.ip_network(taken)):
                return Finding(
                    "ranges",
                    "error",
                    f"{mine} of this machine overlaps {taken}, the range of {name}",
                    "give the machine another network: those ranges are the cluster's",
                )
    return Finding("ranges", "ok", f"pods {pods}, Services {services}")
