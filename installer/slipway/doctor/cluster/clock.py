"""Clocks: ours, the API server's, the nodes'."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from slipway.doctor.cluster import endpoint
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, many, ok, skip, warn

#: Certificates and tokens are refused when clocks differ by more; kubelets renew their Lease every 10 s.
GOOD, BAD = 2.0, 30.0
RENEWED, STOPPED = 25.0, 60.0
REMEDY = "run an NTP client on both: chronyc tracking, timedatectl"


def run(ctx: Context) -> list[Finding]:
    """One request, and the Leases of the nodes."""
    answer = endpoint.look(ctx.kube.server)
    if not answer.date:
        return [skip("the API server's answer has no Date")]
    # Dates are cut to whole seconds; half of one is the best guess.
    ours = (answer.before + answer.after) / 2
    leases = {
        lease["metadata"]["name"]: answer.date - stamp(lease["spec"]["renewTime"])
        for lease in ctx.kube.objects("coordination.k8s.io/v1", "Lease", "kube-node-lease")
        if (lease.get("spec") or {}).get("renewTime")
    }
    return judge(answer.date + 0.5 - ours, (answer.after - answer.before) / 2 + 0.5, leases)


def stamp(text: str) -> float:
    """Seconds since 1970 of a MicroTime."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def judge(ahead: float, unsure: float, ages: Mapping[str, float]) -> list[Finding]:
    """``ahead``: seconds that the server is ahead of us, give or take ``unsure``; ``ages``: node → age of its Lease."""
    findings = []
    if abs(ahead) - unsure > GOOD:
        says = f"the API server's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
        findings.append((fail if abs(ahead) - unsure > BAD else warn)(says, REMEDY))
    for node, age in sorted(ages.items()):
        if age < -GOOD - 1:
            # A Lease from the future can only come from a clock that is ahead.
            findings.append(
                (fail if age < -BAD else warn)(
                    f"node {node}: its clock is {-age:.0f} s ahead of the API server's", REMEDY
                )
            )
        elif age > STOPPED:
            findings.append(
                fail(
                    f"node {node}: its Lease is {age:.0f} s old: the kubelet stopped, or its clock is behind",
                    f"is the node running? {REMEDY}",
                )
            )
        elif age > RENEWED:
            findings.append(warn(f"node {node}: its Lease is {age:.0f} s old, and is renewed every 10 s", REMEDY))
    return findings or [
        ok(f"within {abs(ahead) + unsure:.1f} s of the API server; {many(len(ages), 'fresh Lease')} of nodes")
    ]
