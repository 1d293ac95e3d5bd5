"""An NFS server, a control plane and a worker of the test's own, once for all tests here."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from slipway.kube import Client

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
def mirror(fleet: Any) -> Iterator[Any]:
    """A registry on this machine that the hosts reach, over HTTP, with the images that platforms here pull; a
    docker_registry.Registry."""
    directory = Path(tempfile.mkdtemp(prefix="slipway-mirror-", dir="/var/tmp"))
    here = importlib.import_module("hosts_network").HERE
    try:
        with importlib.import_module("docker_registry").running(directory, address=here) as registry:
            yield registry
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def stand_ins(mirror: Any) -> None:
    """Builds of Slipway's own in the mirror, under upstream's names."""
    importlib.import_module("hosts_mirror").stand_in(mirror)


@pytest.fixture(scope="session")
def describe(fleet: Any, mirror: Any) -> Callable[..., Path]:
    """``describe()`` → an inventory of all hosts; ``describe(former=True)``: the worker is to leave. More variables by
    name."""

    def written(*, former: bool = False, **more: Any) -> Path:
        groups = {
            "nfs_servers": ["store"],
            "control_planes": ["control"],
            "workers": [] if former else ["worker"],
            "former_workers": ["worker"] if former else [],
            "installers": ["localhost"] if more else [],
        }
        nodes = [fleet.machines[name].address for name in ("control", "worker")]
        variables = {
            "nfs_server_clients": nodes,
            "cluster_images": ["base"],
            "cluster_kubeconfig": str(fleet.directory / "admin.conf"),
            "cluster_pods_on_control_planes": False,
            "cluster_registries": {mirror.host: f"http://{mirror.host}"},
        }
        path: Path = fleet.inventory(groups, variables | more)
        return path

    return written


@pytest.fixture(scope="session")
def describe_platform(fleet: Any, describe: Any, mirror: Any) -> Callable[..., Path]:
    """``describe_platform(overlay, config, components, settings)`` → an inventory of all hosts whose installer puts
    these components on the cluster, images from the mirror; ``config``: where it keeps slipway.yaml."""

    def written(overlay: str, config: Path, components: Sequence[str], settings: dict[str, Any]) -> Path:
        path: Path = describe(
            slipway_install_overlay=overlay,
            slipway_install_kubeconfig=str(fleet.directory / "admin.conf"),
            slipway_install_config=str(config),
            slipway_install_components=list(components),
            slipway_install_settings={"images": {"registry": mirror.host}, **settings},
        )
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
def nfs(fleet: Any, describe: Any) -> Any:
    """nfs.yml, run once on the store, whose firewall is on as a careful provider has it; a Played."""
    fleet.ssh("store", "ufw allow 22/tcp && ufw --force enable")
    return _played(fleet, describe(), "nfs.yml", ["store"])


@pytest.fixture(scope="session")
def cluster(fleet: Any, describe: Any) -> Any:
    """cluster.yml, run once, the worker's firewall on; a Played."""
    fleet.ssh("worker", "ufw allow 22/tcp && ufw --force enable")
    return _played(fleet, describe(), "cluster.yml", ["control", "worker"])


@pytest.fixture(scope="module")
def kube(fleet: Any, cluster: Any) -> Client:
    """By the kubeconfig that cluster.yml left on the control machine."""
    return Client.from_kubeconfig(fleet.directory / "admin.conf")


def _played(fleet: Any, inventory: Path, name: str, hosts: list[str]) -> Any:
    before = {host: fleet.ssh(host, FINGERPRINT) for host in hosts}
    checked = fleet.play(inventory, name, "--check", "--diff", timeout=1800)
    assert {host: fleet.ssh(host, FINGERPRINT) for host in hosts} == before
    done = fleet.play(inventory, name, timeout=1800)
    return importlib.import_module("hosts_fleet").Played(checked, done)


#: Names, sizes and times of all that a playbook could have changed on a host.
FINGERPRINT = (
    "find /etc /usr /opt /srv /var/lib -xdev -not -path '/var/lib/systemd/*' -not -path '/var/lib/private*' "
    "-not -path '*/__pycache__*' -not -type d -printf '%p %s %m %T@\\n' | sort | sha256sum; "
    "systemctl list-units --state=running --no-legend --plain | grep -v -e session -e user | awk '{print $1}'; "
    "ip -o link | awk '{print $2}'"
)
