"""Where the node stands, told from what lies on disk and in memory."""

from __future__ import annotations

import json
import os
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.host.files import write
from slipway.host.machine import boot_id
from slipway.node.config import NodeConfig


def initialised(config: NodeConfig) -> bool:
    """Whether kubeadm finished: the marker is written after its last step."""
    return (config.state / "initialised").exists() and config.kubeconfig.exists()


def version(config: NodeConfig) -> str:
    """The Kubernetes that the cluster was made with or upgraded to; "" where there is no cluster."""
    try:
        return (config.state / "initialised").read_text().strip()
    except FileNotFoundError:
        return ""


def kept(config: NodeConfig) -> bool:
    """Whether there is a cluster of another Kubernetes than this Slipway brings: it stays so until it is upgraded."""
    return initialised(config) and version(config) != config.kubernetes_version


#: What a cluster is made with and cannot change afterwards.
FIXED = ("name", "pod_cidr", "service_cidr", "dns_domain", "image_repository")


def refuse_changes(config: NodeConfig) -> None:
    """Raises SlipwayError when the configuration asks for what an existing cluster was not made with."""
    path = config.state / "settings.json"
    if not (initialised(config) and path.exists()):
        return
    before = json.loads(path.read_text())
    wrong = [
        f"{name} is {before[name]}, not {getattr(config, name)}"
        for name in FIXED
        if before[name] != getattr(config, name)
    ]
    if wrong:
        raise SlipwayError(
            f"the cluster was made with other settings: {'; '.join(wrong)}",
            "slipway.yaml, node",
            "set them back, or make the cluster anew: slipway cluster delete, then start",
        )


def mark_initialised(config: NodeConfig) -> None:
    """kubeadm finished."""
    write(config.state / "settings.json", json.dumps({name: getattr(config, name) for name in FIXED}) + "\n")
    write(config.state / "initialised", config.kubernetes_version + "\n")


def rebooted(config: NodeConfig) -> bool:
    """Whether /run holds what an earlier boot left: not every /run is a tmpfs."""
    try:
        return (config.run / "boot").read_text().strip() != boot_id()
    except OSError:
        return True


def mark_booted(config: NodeConfig) -> None:
    """This boot's runtime state begins."""
    write(config.run / "boot", boot_id() + "\n")


def need_root() -> None:
    """Raises SlipwayError for anyone else."""
    if os.geteuid() != 0:
        raise SlipwayError("the embedded cluster needs root", "slipway cluster", "sudo make up")


def foreign_kubernetes(config: NodeConfig) -> str:
    """A sentence on another Kubernetes on this machine; "" when there is none."""
    if config.state.joinpath("address").exists():
        return ""
    traces = [
        str(path) for path in (config.kubernetes / "admin.conf", config.kubelet_root / "config.yaml") if path.exists()
    ]
    traces += [f"process {pid} ({name})" for pid, name in kubelets()]
    return ", ".join(traces)


def kubelets() -> list[tuple[int, str]]:
    """Processes named kubelet, k3s or similar; those of a container (kind, k3d) do not share our machine."""
    names = {"kubelet", "k3s", "k3s-server", "k0s", "microk8s"}
    own = Path("/proc/self/ns/pid").readlink()
    running = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name = (entry / "comm").read_text().strip()
                if name in names and (entry / "ns" / "pid").readlink() == own:
                    running.append((int(entry.name), name))
            except OSError:
                continue
    return sorted(running)
