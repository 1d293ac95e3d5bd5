"""Removing the chains that clean.netfilter tells as ours, for both address families."""

from __future__ import annotations

from slipway.host.run import attempt, run
from slipway.node.clean.netfilter import removal


def clear() -> list[str]:
    """Remove them; gives back what could not be read or removed."""
    left = []
    for family in ("iptables", "ip6tables"):
        code, saved = attempt([f"{family}-save"])
        if code == 127:
            continue
        if code:
            left.append(f"{family}-save ended with {code}")
            continue
        text = removal("\n".join(line for line in saved.splitlines() if not line.startswith("# Warning")))
        if text:
            run([f"{family}-restore", "--noflush"], stdin=text, what=f"{family} chains")
    return left
