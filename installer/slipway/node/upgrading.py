"""To the Kubernetes that this Slipway brings, kubeadm's own way.

Each step finds done what is done: a run that was ended half-way is run again. The version that the cluster counts as
is written last, and both versions' images stay, so that whatever was not reached yet can be started meanwhile.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import yaml

from slipway import artifacts
from slipway.artifacts import process
from slipway.errors import BadInput
from slipway.host.files import write
from slipway.host.run import environment
from slipway.node import addons, address, containers, control_plane, images, kubeadm, kubectl, ready, state, versions
from slipway.node.config import NodeConfig
from slipway.node.lock import exclusive
from slipway.node.process_manager import ProcessManager, process_manager
from slipway.node.units import KUBELET, kubelet_unit
from slipway.progress import Reporter


def changes(config: NodeConfig) -> list[str]:
    """What an upgrade would change, a line each: "etcd 3.6.8-0 → 3.7.0-0"; none where the cluster has this version.

    Raises BadInput for a step that cannot be taken, SlipwayError where the cluster does not answer.
    """
    if not _wanted(config):
        return []
    api = ready.client(config)
    with ready.starting():
        pods = api.objects("v1", "Pod", "kube-system")
        node = api.get("v1", "Node", config.name) or {}
    there = {container["image"] for pod in pods for container in pod["spec"]["containers"]}
    lines = different(there, artifacts.catalogue().images[images.NAME].tags)
    kubelet = node.get("status", {}).get("nodeInfo", {}).get("kubeletVersion", "")
    if kubelet != config.kubernetes_version:
        lines.append(f"kubelet {kubelet} → {config.kubernetes_version}")
    return lines


def different(there: set[str], tags: tuple[str, ...]) -> list[str]:
    """Of images by name and version: those that run in another version than ``tags`` say."""
    wanted = dict(tag.rsplit(":", 1) for tag in tags)
    versions = sorted({tuple(image.rsplit(":", 1)) for image in there if image.rsplit(":", 1)[0] in wanted})
    return [
        f"{name.rpartition('/')[2]} {version} → {wanted[name]}" for name, version in versions if version != wanted[name]
    ]


def upgrade(config: NodeConfig, reporter: Reporter) -> bool:
    """Move the cluster to ``config.kubernetes_version``; whether there was something to do.

    What runs in Pods goes on meanwhile; the API server is away while kubeadm replaces it and etcd. Raises BadInput for
    a step that cannot be taken and SlipwayError with the step that failed: a control plane that does not start is put
    back by kubeadm.
    """
    if not _wanted(config):
        return False
    now, target = state.version(config), config.kubernetes_version
    with exclusive(), reporter.step("cluster", f"upgrade from {now} to {target}"):
        keep, begun = process_manager(config), datetime.datetime.now(datetime.UTC)
        ready.await_node(config, reporter, seconds=60)
        # All that takes long or can fail for want of a network comes before the first change.
        binary = images.kubernetes_binary(reporter)
        with reporter.step("cluster", "images of the new version"):
            images.import_control_plane(config, reporter)
        with reporter.step("cluster", "control plane"):
            _control_plane(config, binary)
        with reporter.step("cluster", "kubelet"):
            _kubelet(config, binary, keep)
            ready.await_node(config, reporter, since=datetime.datetime.now(datetime.UTC))
        # kubeadm wrote kube-proxy anew, without its share.
        addons.reserve(ready.client(config))
        state.mark_initialised(config)
        containers.start(config, keep)
        ready.await_node(config, reporter, since=begun)
    return True


def _wanted(config: NodeConfig) -> bool:
    state.need_root()
    if not state.initialised(config):
        raise BadInput("there is no cluster to upgrade", "slipway cluster upgrade", "make one: slipway cluster start")
    state.refuse_changes(config)
    return versions.check(state.version(config), config.kubernetes_version)


def _control_plane(config: NodeConfig, binary: Path) -> None:
    """``kubeadm upgrade apply``: etcd, the API server, its controllers, the scheduler, kubelet settings, add-ons."""
    control_plane.write_patches(config)
    path = config.state / "kubeadm" / "upgrade.yaml"
    write(path, yaml.safe_dump(kubeadm.upgrade_configuration(config), sort_keys=False), 0o600)
    process.run(
        [binary, "kubeadm", "upgrade", "apply", "--config", path, "--yes"],
        log=config.logs / "kubeadm.log",
        where="kubeadm upgrade apply",
        remedy="slipway cluster upgrade again goes on",
        env=environment({"PATH": f"{config.bin}:{environment()['PATH']}"}),
        timeout=1800,
    )


def _kubelet(config: NodeConfig, binary: Path, keep: ProcessManager) -> None:
    """The programs of the new version in place of the old, and the kubelet started anew; its Pods run on."""
    kubectl.link_programs(config, binary)
    control_plane.write_configuration(config, address.node_address(config))
    keep.apply(kubelet_unit(config))
    keep.restart(KUBELET)
