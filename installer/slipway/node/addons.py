"""What kubeadm's add-ons lack on a small machine; its patches reach only the control plane and the kubelet."""

from __future__ import annotations

from slipway.kube import Client, Obj

FIELD_MANAGER = "slipway-node"

#: Without a share of its own, kube-proxy falls behind when jobs take every core: Services point to Pods that are gone.
KUBE_PROXY: Obj = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "kube-proxy", "namespace": "kube-system"},
    "spec": {
        "template": {
            "spec": {
                "containers": [{"name": "kube-proxy", "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}}}]
            }
        }
    },
}


def reserve(api: Client) -> None:
    """Give kube-proxy its share. Changes nothing when it has it."""
    api.apply(KUBE_PROXY, manager=FIELD_MANAGER)
