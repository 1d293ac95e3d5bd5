"""The cluster's DNS, asked by a pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.doctor.cluster import network, pods
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding, fail, ok

NAMESPACE, SERVICE = "kube-system", "kube-dns"

#: The domain stands in the pod's search list: "svc.cluster.local" and the like.
SCRIPT = (
    network.RESOLVE
    + r"""
domain=$(sed -n 's/^search.* svc\.\([^ ]*\).*/\1/p' /etc/resolv.conf)
echo "asked $(sed -n 's/^nameserver *//p' /etc/resolv.conf | tr '\n' ' ')"
for step in 1 2 3; do
  resolve "kubernetes.default.svc.${domain:-cluster.local}" >/scratch/answer && break
  test $step = 3 && { cat /scratch/answer; exit 1; }
  sleep 1
done
sed 's/^/address /' /scratch/answer
"""
)


def run(ctx: Context) -> list[Finding]:
    """Ask for the API server's own Service."""
    return [ask(ctx)]


def ask(ctx: Context, extra: Mapping[str, Any] | None = None) -> Finding:
    """``extra`` goes over the pod's spec: another dnsPolicy, say."""
    done = pods.run(ctx, pods.pod(ctx, SCRIPT, extra=extra))
    service = ctx.kube.get("v1", "Service", "kubernetes", "default") or {}
    slices = ctx.kube.objects(
        "discovery.k8s.io/v1", "EndpointSlice", NAMESPACE, labels=f"kubernetes.io/service-name={SERVICE}"
    )
    ready = sum(
        1 for each in slices for point in each.get("endpoints") or []
        if (point.get("conditions") or {}).get("ready") is not False
    )  # fmt: skip
    return judge(done, str((service.get("spec") or {}).get("clusterIP", "")), ready)


def judge(done: pods.Outcome, expected: str, servers: int) -> Finding:
    """``expected`` is the Service's address, ``servers`` counts the ready endpoints of kube-dns."""
    lines = done.log.splitlines()
    addresses = [line.removeprefix("address ") for line in lines if line.startswith("address ")]
    asked = next((line.removeprefix("asked ").strip() for line in lines if line.startswith("asked ")), "")
    if not asked:
        return fail(f"the pod that was to ask did not run: {done.why}", done.remedy or "see the other checks first")
    if not done.good:
        which = f"{servers} DNS servers are ready" if servers else f"no pod behind {NAMESPACE}/{SERVICE} is ready"
        remedy = f"kubectl -n {NAMESPACE} get pods -l k8s-app=kube-dns; a NetworkPolicy or kube-proxy may be in the way"
        return fail(f"{asked} resolves no name of the cluster: {done.why}; {which}", remedy)
    if expected not in addresses:
        return fail(
            f"{asked} says that kubernetes.default is {', '.join(addresses)}, and it is {expected}",
            "the pods' nameserver is not the cluster's: see the kubelet's clusterDNS",
        )
    return ok(f"a pod asked {asked} and got {expected}")
