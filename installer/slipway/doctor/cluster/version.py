"""The server's version, and the nodes' against it."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, many, ok, warn
from slipway.kube.minor import minor

#: Server-side field validation, ValidatingAdmissionPolicy v1 and aggregated discovery are all there.
LEAST = (1, 30)
#: A kubelet may be this many minor versions older. Source: https://kubernetes.io/releases/version-skew-policy/
SKEW = 3


def run(ctx: Context) -> list[Finding]:
    """Ask the server and the nodes."""
    server = str(ctx.kube.request("GET", "/version").get("gitVersion", ""))
    nodes = ctx.kube.objects("v1", "Node")
    kubelets = {
        n["metadata"]["name"]: str((n.get("status") or {}).get("nodeInfo", {}).get("kubeletVersion", "")) for n in nodes
    }
    return judge(server, {name: version for name, version in kubelets.items() if version})


def judge(server: str, kubelets: Mapping[str, str]) -> list[Finding]:
    """The server is new enough, and no kubelet newer than it or too old for it."""
    here, least = minor(server), ".".join(map(str, LEAST))
    if here < LEAST:
        return [
            fail(f"the API server is Kubernetes {server or 'of no known version'}", f"upgrade it to {least} or later")
        ]
    findings = []
    for name, version in sorted(kubelets.items()):
        theirs = minor(version)
        if theirs > here:
            findings.append(
                fail(
                    f"node {name}: kubelet {version} is newer than the API server {server}",
                    "upgrade the control plane first",
                )
            )
        elif theirs < (here[0], here[1] - SKEW):
            findings.append(
                warn(f"node {name}: kubelet {version} is too old for the API server {server}", "upgrade the node")
            )
    fits = f"{many(len(kubelets), 'kubelet')} within {SKEW} minor versions"
    return findings or [ok(f"Kubernetes {server}, at least {least} is needed; {fits}")]
