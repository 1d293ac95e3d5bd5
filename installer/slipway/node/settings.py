"""What every node of ours is set to: this machine's, and through ``slipway cluster export`` the hosts of the playbooks.

Source: kubelet.config.k8s.io/v1beta1, kubeproxy.config.k8s.io/v1alpha1, flags of Kubernetes' own programs.
"""

from __future__ import annotations

from typing import Any

from slipway.naming import IMAGE_HOST

PAUSE = f"{IMAGE_HOST}/pause:3.10.2"

#: Images are never collected: those that were built here can be pulled from nowhere again. Nor is it asked whether who
#: uses an imported image could pull it. Pods start in parallel: most images are here already.
KUBELET: dict[str, Any] = {
    "failCgroupV1": False,
    "failSwapOn": False,
    "containerLogMaxSize": "10Mi",
    "containerLogMaxFiles": 3,
    "imageGCHighThresholdPercent": 100,
    "imageGCLowThresholdPercent": 99,
    "imagePullCredentialsVerificationPolicy": "NeverVerify",
    "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi"},
    "serializeImagePulls": False,
    "registryPullQPS": 20,
    "registryBurst": 40,
    "rotateCertificates": True,
}

#: Limits of connection tracking are left as the host has them: such settings are often read-only. containerd pulls from
#: the registry's NodePort on 127.0.0.1.
KUBE_PROXY: dict[str, Any] = {
    "mode": "iptables",
    "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    "iptables": {"localhostNodePorts": True, "minSyncPeriod": "200ms", "syncPeriod": "30s"},
}

#: Nodes' names need not be in a DNS: logs and exec go to their addresses.
API_SERVER = {"kubelet-preferred-address-types": "InternalIP,Hostname", "profiling": "false"}
#: Of the controller manager and of the scheduler.
CONTROLLERS = {"profiling": "false"}

#: The doctor, or the playbook, asks for these in words of its own; kubeadm would stop a second time.
IGNORED = ("NumCPU", "Mem", "Swap", "SystemVerification", "Hostname")

CONTAINERD = {"max_concurrent_downloads": 6}


def arguments(values: dict[str, str]) -> list[dict[str, str]]:
    """Flags as kubeadm.k8s.io/v1beta4 has them."""
    return [{"name": name, "value": value} for name, value in values.items()]


def exported() -> dict[str, Any]:
    """All of it, for templates of other programs."""
    return {
        "pause": PAUSE,
        "kubelet": KUBELET,
        "kube_proxy": KUBE_PROXY,
        "api_server": arguments(API_SERVER),
        "controllers": arguments(CONTROLLERS),
        "ignored": list(IGNORED),
        "containerd": CONTAINERD,
    }
