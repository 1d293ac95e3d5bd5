"""What the embedded node is made of, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slipway import paths
from slipway.naming import IMAGE_HOST

#: The project's shared volumes: one NFS export each.
VOLUMES = ("data", "outputs", "logs", "repos", "upload", "deployments")


@dataclass(frozen=True)
class NodeConfig:
    """The embedded node. ``address`` "" means: the machine's primary address, recorded at the first start.

    ``nfs_uid``, ``nfs_gid`` own the volumes' directories: jobs are that user, or of the group (``fsGroup: 100``), and
    work together there; others, as notebooks' users, make what is their own.
    """

    name: str = "slipway"
    address: str = ""
    kubernetes_version: str = "v1.37.2"
    image_repository: str = IMAGE_HOST
    pod_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/12"
    dns_domain: str = "cluster.local"
    volumes: tuple[str, ...] = VOLUMES
    nfs_uid: int = 1000
    nfs_gid: int = 100
    registry_host: str = "registry.registry.svc.cluster.local:5000"
    registry_node_port: int = 30500
    gateway_node_port: int = 30080
    gateway_tls_node_port: int = 0
    state: Path = paths.STATE
    run: Path = paths.RUN
    logs: Path = paths.LOGS
    data: Path = paths.DATA
    cni_plugins: Path = Path("/usr/lib/cni")
    kubernetes: Path = Path("/etc/kubernetes")
    kubelet_root: Path = Path("/var/lib/kubelet")

    @property
    def bin(self) -> Path:
        """The multi-call binary and the names that dispatch to it."""
        return self.state / "bin"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens."""
        return self.run / "containerd" / "containerd.sock"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, written by kubeadm."""
        return self.kubernetes / "admin.conf"

    @property
    def exports(self) -> Path:
        """The parent of the exported directories."""
        return self.data / "nfs"

    @property
    def local_volumes(self) -> Path:
        """Where local-path puts ReadWriteOnce volumes."""
        return self.data / "local-path"
