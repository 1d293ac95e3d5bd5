"""Ports, addresses and the ranges that pods and Services get."""

from __future__ import annotations

import ipaddress

from slipway.doctor.facts import Facts
from slipway.doctor.finding import Finding, fail, ok
from slipway.node.ports import ports_of

#: Names under which the node's own programs hold them.
OURS = ("kube-apiserver", "etcd", "kubelet", "kube-proxy", "kube-controller", "kube-scheduler", "ganesha.nfsd")


def ports(facts: Facts) -> Finding:
    """Free, or in use by the node itself, whoever looks after its processes at the moment."""
    meant = ports_of(facts.gateway_port, facts.registry_port, facts.gateway_tls_port)
    taken = [
        f"{port} ({meant[port]}) by {owner or 'another program'}"
        for port, owner in sorted(facts.ports.items())
        if port in meant and not (facts.node_made and (not owner or owner.startswith(OURS)))
    ]
    if taken:
        return fail(f"in use: {', '.join(taken)}", "stop that program: ss -ltnp shows it")
    return ok("in use by the node" if facts.ports else "free")


def address(facts: Facts) -> Finding:
    """The API server is advertised under an address of the machine."""
    if not facts.address:
        return fail(
            "only 127.0.0.1",
            "give the machine an IPv4 address; slipway1, a bridge, will do: ip link add slipway1 type bridge",
        )
    return ok(facts.address)


def ranges(facts: Facts) -> Finding:
    """Neither the machine's own networks nor what it asks outside may lie in what the cluster hands out."""
    handed_out = {"pods": facts.pod_cidr, "Services": facts.service_cidr}
    mine = [(f"{network} of this machine overlaps", network) for network in facts.networks]
    asked = [(f"the {what} {address} is in", address) for what, address in facts.servers]
    for says, network in (*mine, *asked):
        for name, taken in handed_out.items():
            if ipaddress.ip_network(network, strict=False).overlaps(ipaddress.ip_network(taken, strict=False)):
                return fail(
                    f"{says} {taken}, the range of {name}",
                    "choose others in slipway.yaml: node.pod_cidr, node.service_cidr",
                )
    return ok(f"pods {facts.pod_cidr}, Services {facts.service_cidr}")
