"""containerd, up and answering; its leftovers of an earlier boot removed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from slipway.errors import NotYet
from slipway.host import machine
from slipway.host.files import write
from slipway.host.run import attempt, run
from slipway.node import cni, containerd
from slipway.node.clean import mounts
from slipway.node.config import NodeConfig
from slipway.node.process_manager import ProcessManager
from slipway.node.state import kept, mark_booted, rebooted
from slipway.node.units import CONTAINERD, containerd_unit, passed


def configure(config: NodeConfig) -> bool:
    """Write containerd's and the pod network's configuration; True when containerd must start again."""
    path = config.state / "containerd.toml"
    # A cluster of another Kubernetes has the pause image of that one and no other.
    own = containerd.sandbox_image_of(path.read_text()) if kept(config) and path.exists() else ""
    text = containerd.configuration(
        config,
        driver=machine.cgroup_driver(),
        restrict_oom=not machine.bounding_set(machine.own_status()) >> machine.CAP_SYS_RESOURCE & 1,
        sandbox=own,
    )
    changed = write(path, text)
    hosts = config.state / "containerd-certs.d" / config.registry_host / "hosts.toml"
    write(hosts, containerd.registry_hosts(config))
    write(
        config.state / "cni" / "net.d" / "10-slipway.conflist",
        cni.configuration(config, cni.first_block(config.pod_cidr)),
    )
    return changed


def clear_after_boot(config: NodeConfig) -> None:
    """Drop runtime state of an earlier boot: sockets without listeners, mounts that are gone, leased addresses."""
    if rebooted(config):
        for name in ("containerd", "runc", "cni"):
            mounts.unmount_below(config.run / name)
            shutil.rmtree(config.run / name, ignore_errors=True)
        config.run.mkdir(mode=0o711, parents=True, exist_ok=True)
        mark_booted(config)


def start(config: NodeConfig, manager: ProcessManager) -> None:
    """Have containerd running with the present configuration."""
    changed = configure(config)
    running = any(unit["name"] == CONTAINERD and unit["state"] == "running" for unit in manager.units())
    manager.apply(containerd_unit(config, passed_environment(config, refresh=not running)))
    if changed and running:
        manager.restart(CONTAINERD)


def passed_environment(config: NodeConfig, *, refresh: bool) -> dict[str, str]:
    """The proxy and certificate settings that containerd was started with.

    They are taken from the caller's environment only when it starts: another shell must not restart it.
    """
    path = config.state / "environment.json"
    if refresh or not path.exists():
        write(path, json.dumps(passed(os.environ)) + "\n", 0o600)
    return dict(json.loads(path.read_text()))


def check(config: NodeConfig) -> None:
    """Raises NotYet until containerd answers."""
    if not config.containerd_socket.exists():
        raise NotYet("its socket is not there", "containerd", f"see {config.logs}/containerd.log")
    code, text = attempt([*ctr(config), "version"], timeout=10)
    if code:
        raise NotYet(text.strip().splitlines()[-1] if text.strip() else "no answer", "containerd")


def ctr(config: NodeConfig) -> list[str]:
    """The start of a ctr command for our containerd."""
    return ["ctr", "--address", str(config.containerd_socket), "--namespace", "k8s.io"]


def images(config: NodeConfig) -> str:
    """The names of containerd's images, one per line."""
    return run([*ctr(config), "images", "ls", "-q"])


def last_lines(log: Path, count: int = 8) -> tuple[str, ...]:
    """The end of a log, for an error's details."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 8192))
            return tuple(stream.read().decode("utf-8", "replace").splitlines()[-count:])
    except OSError:
        return ()
