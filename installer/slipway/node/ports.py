"""What the node listens on."""

from __future__ import annotations

#: The cluster's own. Source: https://kubernetes.io/docs/reference/networking/ports-and-protocols/
PORTS = {
    6443: "the API server",
    2379: "etcd's clients",
    2380: "etcd's peers",
    10250: "the kubelet",
    10256: "kube-proxy",
    10257: "the controller manager",
    10259: "the scheduler",
    2049: "the NFS server",
}


def ports_of(gateway: int, registry: int, tls: int = 0) -> dict[int, str]:
    """What a node with these ports of its components listens on; ``tls``: the gateway's for TLS, 0 without one."""
    ports = {**PORTS, gateway: "the gateway", registry: "the registry"}
    return ports | ({tls: "the gateway, for TLS"} if tls else {})
