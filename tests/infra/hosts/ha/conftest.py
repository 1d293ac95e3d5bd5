"""Three control planes and a load balancer, once for the tests here: other hosts than those of the directory above."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CONTROL_PLANES = ("control-1", "control-2", "control-3")


@pytest.fixture(scope="module")
def trio() -> Iterator[Any]:
    """The hosts, booted; HAProxy on ``balancer`` passes connections on to the control planes that answer."""
    with importlib.import_module("hosts_fleet").fleet(("balancer", *CONTROL_PLANES)) as found:
        addresses = {name: found.machines[name].address for name in CONTROL_PLANES}
        importlib.import_module("hosts_balancer").start(found, "balancer", addresses)
        yield found


@pytest.fixture(scope="module")
def describe(trio: Any) -> Callable[[], Path]:
    """``describe()`` → an inventory as inventories/ha, without workers."""

    def written() -> Path:
        variables = {
            "cluster_control_plane_endpoint": f"{trio.machines['balancer'].address}:6443",
            "cluster_images": ["base"],
            "cluster_kubeconfig": str(trio.directory / "admin.conf"),
        }
        groups = {"control_planes": CONTROL_PLANES, "workers": (), "former_workers": (), "installers": ()}
        path: Path = trio.inventory(groups, variables)
        return path

    return written


@pytest.fixture(scope="module")
def cluster(trio: Any, describe: Any) -> Any:
    """cluster.yml, run once, with firewalls that are on; a Played."""
    for name in CONTROL_PLANES:
        trio.ssh(name, "ufw allow 22/tcp && ufw --force enable")
    checked = trio.play(describe(), "cluster.yml", "--check", "--diff", timeout=1800)
    return importlib.import_module("hosts_fleet").Played(checked, trio.play(describe(), "cluster.yml", timeout=1800))
