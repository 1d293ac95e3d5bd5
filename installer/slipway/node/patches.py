"""What kubeadm's manifests lack for a small machine: lower requests, one CoreDNS. Strategic merge patches by target.

Source: https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/control-plane-flags/#patches
"""

from __future__ import annotations

import json
from typing import Any

#: kubeadm asks for 650m of cpu for these; on two cores that would keep the platform's own pods out.
REQUESTS = {
    "etcd": ("50m", "100Mi"),
    "kube-apiserver": ("100m", "256Mi"),
    "kube-controller-manager": ("50m", "64Mi"),
    "kube-scheduler": ("25m", "32Mi"),
}


def files() -> dict[str, str]:
    """File name → JSON, for kubeadm's patches directory."""
    patches = {f"{name}+strategic.json": _pod(name, *wanted) for name, wanted in REQUESTS.items()}
    patches["corednsdeployment+strategic.json"] = _coredns()
    return {name: json.dumps(value, indent=1) + "\n" for name, value in patches.items()}


def _pod(name: str, cpu: str, memory: str) -> dict[str, Any]:
    container: dict[str, Any] = {"name": name, "resources": {"requests": {"cpu": cpu, "memory": memory}}}
    # Looked at every second: kubeadm and the node's readiness wait for these.
    container["startupProbe"] = {"periodSeconds": 1, "failureThreshold": 120}
    if name in ("etcd", "kube-apiserver"):
        container["readinessProbe"] = {"periodSeconds": 1}
    return {"spec": {"containers": [container]}}


def _coredns() -> dict[str, Any]:
    container = {
        "name": "coredns",
        # All of Kubernetes is one image here: the program is named, not implied.
        "command": ["/coredns"],
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}},
        "readinessProbe": {"periodSeconds": 2},
    }
    # Of one there is always one: a new version begins to answer before the old one ends.
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    return {"spec": {"replicas": 1, "strategy": strategy, "template": {"spec": {"containers": [container]}}}}
