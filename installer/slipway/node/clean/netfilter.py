"""kube-proxy's and the CNI plugins' iptables chains, told from everyone else's.

Chain names: k8s.io/kubernetes pkg/proxy/iptables and pkg/kubelet (KUBE-…); containernetworking/plugins pkg/utils
(CNI-<hash>) and plugins/meta/portmap (CNI-DN-…, CNI-HOSTPORT-…). Podman's networks use CNI- names too: those of ours
have the network's name in a rule's comment.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from slipway.node import service_filter

#: Another Kubernetes on the machine is refused, so all of these are ours.
_KUBERNETES = re.compile(rf"^(KUBE-[A-Z0-9-]+|{service_filter.CHAIN}|SLIPWAY-(WAIT|JUDGE))$")
_CNI = re.compile(r"^CNI-([0-9a-f]{24}|(DN|SN)-[0-9a-f]{21})$")
_HOST_PORTS = re.compile(r"^CNI-HOSTPORT-[A-Z]+$")
_OUR_NETWORK = 'name: \\"slipway\\"'


@dataclass
class Table:
    """One table of an iptables-save dump: its chains, and its rules as they stand there (-A CHAIN …)."""

    name: str
    chains: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


def tables(saved: str) -> list[Table]:
    """The tables of an ``iptables-save`` dump."""
    parsed: list[Table] = []
    for line in saved.splitlines():
        if line.startswith("*"):
            parsed.append(Table(line[1:].strip()))
        elif line.startswith(":") and parsed:
            parsed[-1].chains.append(line[1:].split()[0])
        elif line.startswith("-A ") and parsed:
            parsed[-1].rules.append(line)
    return parsed


def removal(saved: str) -> str:
    """Input for ``iptables-restore --noflush`` that takes our chains and the jumps to them out of the tables.

    ``saved`` is the output of ``iptables-save``. "" when there is nothing of ours.
    """
    return "".join(_without(table) for table in tables(saved))


def ours(table: Table) -> list[str]:
    """The chains of a table that the node made."""
    named = {
        name
        for rule in table.rules
        if _OUR_NETWORK in rule
        for name in (source(rule), target(rule))
        if _CNI.match(name)
    }
    chains = [chain for chain in table.chains if _KUBERNETES.match(chain) or chain in named]
    ports = [chain for chain in table.chains if _HOST_PORTS.match(chain)]
    foreign = [rule for rule in table.rules if source(rule) in ports and _CNI.match(target(rule))]
    # These are shared by all networks of the portmap plugin: they go with the last one.
    return chains + (ports if all(target(rule) in named for rule in foreign) else [])


def source(rule: str) -> str:
    """The chain that a rule stands in."""
    return rule.split(" ", 2)[1]


def target(rule: str) -> str:
    """The chain that a rule jumps to; "" when it has none."""
    words = shlex.split(rule)
    for flag in ("-j", "-g"):
        if flag in words:
            return words[words.index(flag) + 1]
    return ""


def _without(table: Table) -> str:
    mine = ours(table)
    if not mine:
        return ""
    # Jumps from chains of others first: a chain that is referred to cannot be deleted.
    jumps = [rule for rule in table.rules if source(rule) not in mine and target(rule) in mine]
    lines = [f"*{table.name}"]
    lines += [f"-D {rule[3:]}" for rule in jumps]
    lines += [f"-F {chain}" for chain in mine]
    lines += [f"-X {chain}" for chain in mine]
    return "\n".join([*lines, "COMMIT", ""])
