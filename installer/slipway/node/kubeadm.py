"""kubeadm's configuration (kubeadm.k8s.io/v1beta4) with the kubelet's and kube-proxy's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from slipway.node import settings
from slipway.node.config import NodeConfig

Doc = dict[str, Any]

#: One replica of each controller: an election would only delay a restart by its lease.
ALONE = {"leader-elect": "false", **settings.CONTROLLERS}

#: And our kubelet is not a service of systemd's.
IGNORED = (*settings.IGNORED, "Service-Kubelet")


def documents(config: NodeConfig, *, address: str, driver: str, resolv_conf: str = "") -> list[Doc]:
    """InitConfiguration, ClusterConfiguration, KubeletConfiguration, KubeProxyConfiguration."""
    return [
        init_configuration(config, address),
        cluster_configuration(config, address),
        kubelet_configuration(config, driver, resolv_conf),
        proxy_configuration(config),
    ]


def text(config: NodeConfig, *, address: str, driver: str, resolv_conf: str = "") -> str:
    """The file for ``kubeadm init --config``; ``resolv_conf`` "": the machine's own."""
    parts = documents(config, address=address, driver=driver, resolv_conf=resolv_conf)
    return yaml.safe_dump_all(parts, sort_keys=False)


def init_configuration(config: NodeConfig, address: str) -> Doc:
    """This node: its address, socket and name; no taint, since it carries the platform itself."""
    return {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "localAPIEndpoint": {"advertiseAddress": address, "bindPort": 6443},
        "nodeRegistration": {
            "name": config.name,
            "criSocket": f"unix://{config.containerd_socket}",
            "taints": [],
            "imagePullPolicy": "Never",
            "ignorePreflightErrors": list(IGNORED),
            "kubeletExtraArgs": [{"name": "node-ip", "value": address}],
        },
        "patches": {"directory": str(patches_directory(config))},
        "timeouts": {"controlPlaneComponentHealthCheck": "4m0s", "kubeletHealthCheck": "2m0s"},
    }


def cluster_configuration(config: NodeConfig, address: str) -> Doc:
    """The cluster: versions, networks, and requests that leave two cores to the platform.

    No controlPlaneEndpoint: more workers join with the address; more control planes need a load balancer that one
    machine does not have.
    """
    return {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "clusterName": config.name,
        "kubernetesVersion": config.kubernetes_version,
        "imageRepository": config.image_repository,
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {
            "podSubnet": config.pod_cidr,
            "serviceSubnet": config.service_cidr,
            "dnsDomain": config.dns_domain,
        },
        "apiServer": {
            "certSANs": [address, "127.0.0.1", "localhost", config.name],
            "extraArgs": settings.arguments(settings.API_SERVER),
        },
        "controllerManager": {
            # A claim that met its volume too early is looked at again after this time; 15 s by default.
            "extraArgs": settings.arguments({**ALONE, "pvclaimbinder-sync-period": "1s"})
        },
        "scheduler": {"extraArgs": settings.arguments(ALONE)},
        "etcd": {"local": {"dataDir": str(config.state / "etcd")}},
    }


def upgrade_configuration(config: NodeConfig) -> Doc:
    """For ``kubeadm upgrade apply``: the settings of the cluster stay, its images were imported before."""
    return {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "UpgradeConfiguration",
        "apply": {
            "kubernetesVersion": config.kubernetes_version,
            "imagePullPolicy": "Never",
            "ignorePreflightErrors": list(IGNORED),
            "patches": {"directory": str(patches_directory(config))},
            "etcdUpgrade": True,
            "certificateRenewal": True,
        },
    }


def patches_directory(config: NodeConfig) -> Path:
    """Where kubeadm finds patches of its manifests."""
    return config.state / "kubeadm" / "patches"


def kubelet_configuration(config: NodeConfig, driver: str, resolv_conf: str = "") -> Doc:
    """The kubelet; ``driver`` is the cgroup driver."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        **settings.KUBELET,
        "cgroupDriver": driver,
        "podLogsDir": str(config.logs / "pods"),
        "maxPods": 200,
        "nodeStatusUpdateFrequency": "5s",
        "shutdownGracePeriod": "0s",
        **({"resolvConf": resolv_conf} if resolv_conf else {}),
    }


def proxy_configuration(config: NodeConfig) -> Doc:
    """kube-proxy with iptables."""
    head = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}
    return {**head, **settings.KUBE_PROXY, "clusterCIDR": config.pod_cidr}
