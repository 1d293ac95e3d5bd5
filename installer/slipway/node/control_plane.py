"""The control plane: made once by kubeadm, afterwards only started."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.host import machine
from slipway.host.files import write
from slipway.host.run import environment
from slipway.node import kubeadm, patches, resolver
from slipway.node.clean import mounts, processes
from slipway.node.config import NodeConfig
from slipway.node.containers import last_lines
from slipway.node.process_manager import ProcessManager
from slipway.node.state import initialised, mark_initialised
from slipway.node.units import KUBELET, kubelet_unit


def write_patches(config: NodeConfig) -> None:
    """What kubeadm's manifests are changed by."""
    for name, text in patches.files().items():
        write(kubeadm.patches_directory(config) / name, text)


def write_configuration(config: NodeConfig, address: str) -> Path:
    """kubeadm.yaml and its patches; the path of the former."""
    write_patches(config)
    path = config.state / "kubeadm" / "kubeadm.yaml"
    names = resolver.prepare(config, address)
    write(path, kubeadm.text(config, address=address, driver=machine.cgroup_driver(), resolv_conf=names), 0o600)
    return path


def initialise(config: NodeConfig, manager: ProcessManager, address: str, images_ready: Callable[[], None]) -> None:
    """``kubeadm init``; the kubelet is started beside it as soon as it has its files and ``images_ready`` returned.

    Does nothing when it was done before. What an interrupted attempt left is removed first: no cluster was promised
    yet, so nothing of a user's can be in it.
    """
    if initialised(config):
        return
    reset(config, manager)
    path = write_configuration(config, address)
    log = config.logs / "kubeadm.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [str(config.bin / "kubeadm"), "init", "--config", str(path)],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            # kubeadm asks the kubelet for its version, by name.
            env=environment({"PATH": f"{config.bin}:{environment()['PATH']}"}),
        )
    stop = threading.Event()
    failures: list[SlipwayError] = []
    starter = threading.Thread(target=_start_kubelet, args=(config, manager, images_ready, stop, failures), daemon=True)
    starter.start()
    try:
        while child.poll() is None:
            if failures:
                raise failures[0]
            time.sleep(0.1)
    finally:
        stop.set()
        if child.poll() is None:
            child.kill()
            child.wait()
        starter.join(timeout=30)
    if child.returncode:
        raise SlipwayError(
            f"kubeadm init ended with {child.returncode}",
            "control plane",
            f"see {log} and {config.logs}/kubelet.log",
            last_lines(log, 12) + last_lines(config.logs / "kubelet.log", 4),
        )
    mark_initialised(config)


def _start_kubelet(
    config: NodeConfig,
    manager: ProcessManager,
    images_ready: Callable[[], None],
    stop: threading.Event,
    failures: list[SlipwayError],
) -> None:
    # kubeadm writes the flags file last of the kubelet's files.
    needed = (config.kubelet_root / "config.yaml", config.kubelet_root / "kubeadm-flags.env")
    try:
        images_ready()
        while not all(path.exists() for path in needed):
            if stop.wait(0.05):
                return
        manager.apply(kubelet_unit(config))
    except SlipwayError as error:
        failures.append(error)


def reset(config: NodeConfig, manager: ProcessManager) -> None:
    """Remove a control plane that was not finished."""
    if any(unit["name"] == KUBELET for unit in manager.units()):
        manager.remove(KUBELET)
    processes.end(processes.in_pod, seconds=3)
    mounts.unmount_below(config.kubelet_root)
    mounts.unmount_self_bind(config.kubelet_root)
    for path in (config.kubernetes, config.state / "etcd", config.kubelet_root):
        shutil.rmtree(path, ignore_errors=True)
