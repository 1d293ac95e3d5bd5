"""How the kubelet is started: as kubeadm's systemd drop-in would."""

from __future__ import annotations

import shlex

from slipway.node.config import NodeConfig


def kubeadm_flags(text: str) -> list[str]:
    """The flags in kubeadm-flags.env, a file of one line: KUBELET_KUBEADM_ARGS="--a=b --c=d"."""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "KUBELET_KUBEADM_ARGS":
            return [flag for word in shlex.split(value) for flag in shlex.split(word)]
    return []


def command(config: NodeConfig, flags: list[str]) -> list[str]:
    """The command line; ``flags`` come from kubeadm."""
    return [
        str(config.bin / "kubelet"),
        f"--bootstrap-kubeconfig={config.kubernetes / 'bootstrap-kubelet.conf'}",
        f"--kubeconfig={config.kubernetes / 'kubelet.conf'}",
        f"--config={config.kubelet_root / 'config.yaml'}",
        *flags,
    ]
