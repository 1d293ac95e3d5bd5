"""Requests to Services stay on the node, also where kube-proxy has no rule for them.

A Service's address exists nowhere: kube-proxy's rules put a Pod's in its place. Where a rule is missing (between two
of its commits, before its first one, after a Service was deleted) the packet follows the default route out of the
machine. There a proxy of the network may well answer it, and a client that keeps its connections stays with that
answer for as long as it asks; tokens go the same way. kube-proxy's nftables mode rejects such packets itself.
"""

from __future__ import annotations

from slipway.host.run import attempt, run
from slipway.node.config import NodeConfig

CHAIN = "SLIPWAY-SERVICES"
#: Where packets pass the filter after kube-proxy's NAT: those of Pods, and those of the node's own programs.
HOOKS = ("FORWARD", "OUTPUT")
_IPTABLES = ("iptables", "--wait", "10")


def rules(service_cidr: str) -> str:
    """Input for ``iptables-restore --noflush``: the chain, anew in one step. Refusals look as kube-proxy's own do."""
    comment = '-m comment --comment "slipway: a Service without a rule of kube-proxy"'
    refuse = "-j REJECT --reject-with icmp-port-unreachable"
    return f"*filter\n:{CHAIN} - [0:0]\n-A {CHAIN} -d {service_cidr} {comment} {refuse}\nCOMMIT\n"


def ensure(config: NodeConfig) -> None:
    """Have the chain, and a jump to it from each hook. Raises SlipwayError."""
    run(["iptables-restore", "--wait", "10", "--noflush"], stdin=rules(config.service_cidr), what=f"chain {CHAIN}")
    for hook in HOOKS:
        code, _ = attempt([*_IPTABLES, "--check", hook, "--jump", CHAIN])
        if code:
            run([*_IPTABLES, "--insert", hook, "1", "--jump", CHAIN], what=f"chain {hook}")
