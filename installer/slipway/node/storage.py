"""The NFS server of the node: directories, configuration, the process."""

from __future__ import annotations

import json
import signal
import socket

from slipway.errors import NotYet
from slipway.host.files import write
from slipway.node import mount_program, nfs, volumes
from slipway.node.config import NodeConfig
from slipway.node.process_manager import ProcessManager
from slipway.node.units import GANESHA, ganesha_unit


def start(config: NodeConfig, manager: ProcessManager, address: str) -> str:
    """Have every volume exported; a sentence on how this machine mounts them.

    New exports are read by a running server (SIGHUP): pods that have volumes mounted do not notice.
    """
    volumes.ensure(config)
    known = config.state / "exports.json"
    ids = nfs.numbered(config.volumes, json.loads(known.read_text()) if known.exists() else {})
    write(known, json.dumps(ids) + "\n")
    (config.state / "nfs").mkdir(parents=True, exist_ok=True)
    clients = ("127.0.0.1", address, config.pod_cidr)
    text = nfs.configuration(config, [(number, volume) for volume, number in ids.items()], clients)
    changed = write(config.state / "ganesha.conf", text)
    running = any(unit["name"] == GANESHA and unit["state"] == "running" for unit in manager.units())
    manager.apply(ganesha_unit(config))
    if changed and running:
        manager.signal(GANESHA, signal.SIGHUP)
    return mount_program.install(config, address, needed=not mount_program.kernel_has_nfs())


def check(config: NodeConfig) -> None:
    """Raises NotYet until the server accepts connections."""
    try:
        with socket.create_connection(("127.0.0.1", nfs.PORT), timeout=2):
            return
    except OSError as error:
        raise NotYet(
            f"port {nfs.PORT}: {error.strerror}", "NFS server", f"see {config.logs}/nfs-ganesha.log"
        ) from error
