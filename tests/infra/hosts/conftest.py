"""An NFS server, a control plane and a worker of the test's own, once for all tests here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# For the modules beside this file, which the tests import by their bare names.
sys.path.insert(0, str(Path(__file__).parent))

NAMES = ("store", "control", "worker")


@pytest.fixture(scope="session")
def fleet() -> Iterator[Any]:
    """The hosts, booted; gone after the last test."""
    # Read by name: the checker sees the conftest.py files without the modules beside them.
    with importlib.import_module("hosts_fleet").fleet(NAMES) as found:
        yield found


@pytest.fixture(scope="session")
def describe(fleet: Any) -> Callable[..., Path]:
    """``describe()`` → an inventory of all hosts; ``describe(former=True)``: the worker is to leave."""

    def written(*, former: bool = False) -> Path:
        groups = {
            "nfs_servers": ["store"],
            "control_planes": ["control"],
            "workers": [] if former else ["worker"],
            "former_workers": ["worker"] if former else [],
            "installers": [],
        }
        nodes = [fleet.machines[name].address for name in ("control", "worker")]
        variables = {
            "nfs_server_clients": nodes,
            "cluster_images": ["base"],
            "cluster_kubeconfig": str(fleet.directory / "admin.conf"),
            "cluster_pods_on_control_planes": False,
        }
        path: Path = fleet.inventory(groups, variables)
        return path

    return written


@pytest.fixture(scope="session")
def seen(fleet: Any) -> Callable[[str], Any]:
    """``seen("worker")`` → testinfra's view of a host, over ssh."""
    import testinfra

    def view(name: str) -> Any:
        return testinfra.get_host(
            f"ssh://root@{fleet.machines[name].address}", ssh_config=str(fleet.ssh_config()), controlpersist=0
        )

    return view


@pytest.fixture(scope="session")
def nfs(fleet: Any, describe: Any) -> dict[str, int]:
    """nfs.yml, run once on the store, whose firewall is on as a careful provider has it; the recap."""
    fleet.ssh("store", "ufw allow 22/tcp && ufw --force enable")
    assert fleet.play(describe(), "nfs.yml", "--check", "--diff")["store"]["changed"] > 0
    fleet.ssh("store", "test ! -e /etc/slipway-nfs -a ! -e /srv/slipway-nfs")
    recap: dict[str, int] = fleet.play(describe(), "nfs.yml")["store"]
    return recap


@pytest.fixture(scope="session")
def cluster(fleet: Any, describe: Any) -> dict[str, dict[str, int]]:
    """cluster.yml, run once; the recaps. Before it, what --check said of fresh hosts: ``cluster["checked"]``."""
    before = {name: fleet.ssh(name, FINGERPRINT) for name in ("control", "worker")}
    checked = fleet.play(describe(), "cluster.yml", "--check", "--diff", timeout=1800)
    assert {name: fleet.ssh(name, FINGERPRINT) for name in before} == before
    done = fleet.play(describe(), "cluster.yml", timeout=1800)
    return {**done, "checked": {name: recap["changed"] for name, recap in checked.items()}}


#: Names, sizes and times of all that a playbook could have changed on a host.
FINGERPRINT = (
    "find /etc /usr /opt /srv /var/lib -xdev -not -path '/var/lib/systemd/*' -not -path '/var/lib/private*' "
    "-not -path '*/__pycache__*' -not -type d -printf '%p %s %m %T@\\n' | sort | sha256sum; "
    "systemctl list-units --state=running --no-legend --plain | grep -v -e session -e user | awk '{print $1}'; "
    "ip -o link | awk '{print $2}'"
)
