"""The node's own binary and image, from the artifacts."""

from __future__ import annotations

from pathlib import Path

from slipway import artifacts
from slipway.node import state
from slipway.node.config import NodeConfig
from slipway.node.settings import PAUSE
from slipway.progress import Reporter

NAME = "kubernetes"


def kubernetes_binary(reporter: Reporter) -> Path:
    """The multi-call binary, built when it is not in the cache."""
    artifacts.ensure([f"binary/{NAME}"], reporter)
    return artifacts.binary(NAME)


def import_control_plane(config: NodeConfig, reporter: Reporter) -> None:
    """Bring the image of the control plane, kube-proxy, CoreDNS and pause into containerd, under kubeadm's names."""
    artifacts.ensure([f"image/{NAME}"], reporter)
    artifacts.import_images([NAME], config.containerd_socket, reporter)


def lacks_control_plane(config: NodeConfig, listed: str) -> bool:
    """Whether one of kubeadm's images is not in the output of ``ctr images ls -q``.

    A cluster of another version has its own, which can be brought from nowhere: it lacks none.
    """
    if state.kept(config):
        return False
    wanted = set(artifacts.catalogue().images[NAME].tags) | {PAUSE}
    return not wanted <= set(listed.split())
