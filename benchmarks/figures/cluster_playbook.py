"""cluster.yml on two hosts: a control plane and a worker in namespaces of this machine, reached over ssh."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from figure import ROOT, SLIPWAY, Figure, timed

if TYPE_CHECKING:
    from hosts_fleet import Fleet


def measure() -> list[Figure]:
    """Caches are filled (host file system, packages, images). Needs root."""
    sys.path.insert(0, str(ROOT / "tests" / "infra" / "hosts"))
    import hosts_rootfs
    from hosts_fleet import fleet

    hosts_rootfs.ensure()
    timed("cluster", "export")
    with fleet(("control", "worker")) as hosts:
        groups = {"control_planes": ["control"], "workers": ["worker"]}
        inventory = hosts.inventory(groups, {"cluster_slipway_command": SLIPWAY})
        seconds = [_play(hosts, inventory) for _ in range(2)]
    command = "ansible-playbook cluster.yml, one control plane and one worker over ssh"
    return [
        Figure("two hosts → a cluster", seconds[0], "s", command),
        Figure("cluster.yml again", seconds[1], "s", command),
    ]


def _play(hosts: Fleet, inventory: Path) -> float:
    start = time.monotonic()
    hosts.play(inventory, "cluster.yml", timeout=1800)
    return time.monotonic() - start
