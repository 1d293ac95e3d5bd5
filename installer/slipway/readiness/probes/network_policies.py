"""NetworkPolicies hold when a pod that one lets out to the API server alone does not reach the kubelet beside it."""

from __future__ import annotations

from slipway.kube import Obj, ref_of
from slipway.kube.restricted import lone_pod
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes import volumepod

NAMESPACE = "network-policies"
SECONDS = 60
#: The kubelet listens there, on every node.
KUBELET = 10250
SCRIPT = """
import socket, sys, time
def reached(host, port, seconds):
    with socket.socket() as one:
        one.settimeout(seconds)
        try:
            one.connect((host, port))
        except OSError:
            return False
        return True
# At once, before anything else: a pod's first packets are judged, too.
if reached(sys.argv[1], int(sys.argv[2]), 2):
    sys.exit(f"reaches {sys.argv[1]}:{sys.argv[2]}, which the NetworkPolicy refuses")
# Where the cluster has just come back, names are answered a moment later.
end = time.monotonic() + 30
while not reached("kubernetes.default.svc", 443, 5):
    if time.monotonic() > end:
        sys.exit("does not reach the API server, which the NetworkPolicy allows")
    time.sleep(1)
"""


def probe_refusal(ctx: ProbeContext) -> str:
    """A pod under a policy of its own. Raises SlipwayError with what it reached, or did not."""
    created = [ctx.kube.create(policy()), ctx.kube.create(pod(ctx.node_ip))]
    try:
        volumepod.follow(ctx.kube, ref_of(created[1]), ctx.reporter, seconds=SECONDS)
    finally:
        for obj in reversed(created):
            ctx.kube.delete(ref_of(obj))
    return "a pod reached what its policy allows and not the kubelet"


def policy() -> Obj:
    """Names and the API server: nothing else."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"generateName": "slipway-probe-", "namespace": NAMESPACE},
        "spec": {
            "podSelector": {"matchLabels": {volumepod.LABEL: "network-policies"}},
            "policyTypes": ["Egress"],
            "egress": [{"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}, {"port": 443}, {"port": 6443}]}],
        },
    }


def pod(node_ip: str) -> Obj:
    """A Pod that tries both."""
    return lone_pod(
        NAMESPACE,
        "probe",
        {volumepod.LABEL: "network-policies"},
        image=volumepod.IMAGE,
        command=["python3", "-c", SCRIPT, node_ip, str(KUBELET)],
        resources={"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        seconds=SECONDS,
        grace=1,
    )
