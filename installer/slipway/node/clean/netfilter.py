"""kube-proxy's and the CNI plugins' iptables chains, told from everyone else's.

Chain names: k8s.io/kubernetes pkg/proxy/iptables/proxier.go and pkg/kubelet/kubelet_network_linux.go;
containernetworking/plugins pkg/utils/utils.go (CNI-<hash>), plugins/meta/portmap.
"""

from __future__ import annotations

import re
import shlex

_OURS = re.compile(
    r"^(KUBE-[A-Z0-9-]+"
    r"|CNI-[0-9a-f]{24}|CNI-(DN|SN)-[0-9a-f]{21}|CNI-HOSTPORT-(DNAT|SNAT|MASQ|SETMARK)|CNI-FORWARD|CNI-ADMIN)$"
)


def is_ours(chain: str) -> bool:
    """Whether a chain has a name that only kube-proxy, the kubelet or a CNI plugin gives."""
    return bool(_OURS.match(chain))


def removal(saved: str) -> str:
    """Input for ``iptables-restore --noflush`` that takes our chains and the jumps to them out of a table dump.

    ``saved`` is the output of ``iptables-save``. "" when there is nothing of ours.
    """
    return "".join(_table(name, chains, rules) for name, chains, rules in _tables(saved))


def _tables(saved: str) -> list[tuple[str, list[str], list[str]]]:
    tables: list[tuple[str, list[str], list[str]]] = []
    for line in saved.splitlines():
        if line.startswith("*"):
            tables.append((line[1:].strip(), [], []))
        elif line.startswith(":") and tables:
            tables[-1][1].append(line[1:].split()[0])
        elif line.startswith("-A ") and tables:
            tables[-1][2].append(line)
    return tables


def _table(name: str, chains: list[str], rules: list[str]) -> str:
    ours = [chain for chain in chains if is_ours(chain)]
    if not ours:
        return ""
    # Jumps from chains of others first: a chain that is referred to cannot be deleted.
    jumps = [rule for rule in rules if not is_ours(rule.split()[1]) and is_ours(target(rule))]
    lines = [f"*{name}"]
    lines += [f"-D {rule[3:]}" for rule in jumps]
    lines += [f"-F {chain}" for chain in ours]
    lines += [f"-X {chain}" for chain in ours]
    return "\n".join([*lines, "COMMIT", ""])


def target(rule: str) -> str:
    """The chain that a rule of iptables-save jumps to; "" when it has none."""
    words = shlex.split(rule)
    for flag in ("-j", "-g"):
        if flag in words:
            return words[words.index(flag) + 1]
    return ""
