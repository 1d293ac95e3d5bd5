"""Taking the node off the machine: everything that a start put there, and nothing of others."""

from __future__ import annotations

import shutil
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.node import kubectl, routes, state
from slipway.node.clean import cgroups, firewall, leftovers, links, mounts
from slipway.node.config import NodeConfig
from slipway.node.lock import PATH, exclusive
from slipway.node.process_manager import process_manager
from slipway.node.shut_down import end_everything
from slipway.progress import Reporter


def delete(config: NodeConfig, reporter: Reporter, *, data: bool = False) -> None:
    """Remove the cluster; its data directories only with ``data``. Works on what is left of one, too.

    Raises SlipwayError naming what could not be removed.
    """
    state.need_root()
    traces = state.foreign_kubernetes(config)
    if traces:
        raise SlipwayError(f"this Kubernetes is not slipway's: {traces}", "slipway cluster delete", "kubeadm reset")
    with exclusive(), reporter.step("cluster", "delete"):
        end_everything(config, process_manager(config), pod_seconds=3)
        left = _unmount(config)
        left += firewall.clear()
        routes.clear(config)
        links.clear()
        left += cgroups.clear()
        leftovers.clear(config.logs)
        _remove_files(config, data=data)
        if left:
            raise SlipwayError(
                "some things could not be removed", "slipway cluster delete", "run it again", tuple(left)
            )
    PATH.unlink(missing_ok=True)


def _unmount(config: NodeConfig) -> list[str]:
    mounts.unmount_below(config.kubelet_root, keep=[config.data])
    mounts.unmount_self_bind(config.kubelet_root)
    # Once more: what the kubelet's mount on itself hid comes to light.
    return mounts.unmount_below(config.kubelet_root, config.run, config.state, keep=[config.data])


def _remove_files(config: NodeConfig, *, data: bool) -> None:
    kubectl.unlink_public(config)
    # The address marks the rest as ours: it goes last, so that an interrupted delete can be repeated.
    for path in (config.kubernetes, config.kubelet_root, config.run, config.logs, *_state_entries(config, data=data)):
        remove(path)
    (config.state / "address").unlink(missing_ok=True)
    if not any(config.state.iterdir() if config.state.exists() else ()):
        remove(config.state)


def _state_entries(config: NodeConfig, *, data: bool) -> list[Path]:
    if not config.state.exists():
        return []
    kept = {"address"} | (set() if data else {config.data.name})
    return [path for path in sorted(config.state.iterdir()) if path.name not in kept]


def remove(path: Path) -> None:
    """A file or a tree; of a mount point only the content. Nothing is done when it is not there."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
    elif path.is_mount():
        for entry in path.iterdir():
            remove(entry)
    else:
        shutil.rmtree(path)
