"""install.yml, upgrade.yml and uninstall.yml, with an on-premises inventory, on the cluster that cluster.yml made."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hosts_mirror
import hosts_objects
import hosts_pods as pods
import pytest
from hosts_fleet import Played
from slipway.kube import Client, ref_of

HERE = "localhost"
#: What mounts no NFS: this kernel may have no client. The gateway in Slipway's own edition, the other in upstream's.
COMPONENTS = ("gateway", "local-path")
NAMESPACES = ("ambassador", "local-path")
Described = Callable[..., Path]


@pytest.fixture(scope="module")
def config(fleet: Any) -> Path:
    """Where the inventory keeps slipway.yaml."""
    path: Path = fleet.directory / "slipway.yaml"
    return path


@pytest.fixture(scope="module")
def onprem(fleet: Any, describe_platform: Described, config: Path) -> Described:
    """``onprem()`` → an inventory as inventories/cluster, with a mirror; ``onprem(replicas=1)``: of the gateway."""

    def written(**gateway: Any) -> Path:
        settings = {
            "settings": {"nfs_server": fleet.machines["store"].address},
            "components": {"gateway": {"edition": "compact", "settings": gateway}},
        }
        return describe_platform("onprem", config, COMPONENTS, settings)

    return written


@pytest.fixture(scope="module")
def bare(kube: Client) -> set[tuple[str, str, str]]:
    """What the cluster holds before: no project either, as what makes its namespace needs NFS mounts."""
    return hosts_objects.objects(kube)


@pytest.fixture(scope="module")
def platform(
    fleet: Any, onprem: Described, mirror: Any, stand_ins: Any, kube: Client, config: Path, bare: Any
) -> Played:
    """install.yml, once: ``--check --diff`` and then for real."""
    hosts_mirror.fill(mirror, "onprem", ("gateway",), "components.gateway.edition=compact")
    checked = fleet.play(onprem(), "install.yml", "--check", "--diff")
    assert not config.exists()
    assert sorted(hosts_objects.objects(kube) - bare) == []
    return Played(checked, fleet.play(onprem(), "install.yml"))


@pytest.fixture
def word(kube: Client) -> Iterator[str]:
    """A Pod on the control plane's host that answers with a word, and its Service."""
    made = [kube.create(pods.service("behind")), kube.create(pods.server("behind", "control"))]
    pods.ready_address(kube, "behind")
    yield "behind"
    for item in made:
        kube.delete(ref_of(item))


def gateways(kube: Client) -> tuple[int, int]:
    """How many are wanted, and on which port of every host they answer."""
    (deployment,) = kube.objects("apps/v1", "Deployment", "ambassador")
    services = kube.objects("v1", "Service", "ambassador")
    ports = {port.get("nodePort") for item in services for port in item["spec"]["ports"]} - {None}
    return int(deployment["spec"]["replicas"]), int(ports.pop())


def test_without_a_cluster_check_says_that_all_of_it_would_come(fleet: Any, onprem: Described, config: Path) -> None:
    nowhere = {"slipway_install_kubeconfig": str(fleet.directory / "none.conf")}
    assert fleet.play(onprem(), "install.yml", "--check", "--diff", **nowhere)[HERE]["changed"] == 2
    assert not config.exists()


def test_settings_that_slipway_does_not_know_are_refused(fleet: Any, onprem: Described, config: Path) -> None:
    with pytest.raises(AssertionError, match=r"settings\.colour: unknown setting"):
        fleet.play(onprem(colour="green"), "install.yml")
    assert not config.exists()


def test_it_was_foretold_and_done(platform: Played, config: Path, mirror: Any) -> None:
    assert platform.checked.tasks == {(HERE, "Configuration"), (HERE, "What would change")}
    assert platform.done.tasks == {(HERE, "Configuration"), (HERE, "Install")}
    assert mirror.host in config.read_text()


def test_a_second_run_changes_nothing(fleet: Any, onprem: Described, platform: Played) -> None:
    assert fleet.play(onprem(), "install.yml")[HERE]["changed"] == 0
    assert fleet.play(onprem(), "install.yml", "--check", "--diff")[HERE]["changed"] == 0


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_it_runs_on_the_worker_from_the_mirror(kube: Client, mirror: Any, platform: Played, namespace: str) -> None:
    found = kube.objects("v1", "Pod", namespace)
    assert found
    for pod in found:
        assert pod["spec"]["nodeName"] == "worker"
        for container in pod["spec"]["containers"]:
            assert container["image"].startswith(f"{mirror.host}/")


def test_the_gateway_answers_on_every_host(fleet: Any, kube: Client, platform: Played, word: str) -> None:
    spec = {"hostname": "*", "prefix": "/hosts/", "service": f"{word}.{pods.NAMESPACE}"}
    meta = {"name": word, "namespace": pods.NAMESPACE}
    api = "getambassador.io/v3alpha1"
    made = kube.create({"apiVersion": api, "kind": "Mapping", "metadata": meta, "spec": spec})
    try:
        for name in ("control", "worker"):
            said: list[str] = []

            def answered(url: str = f"http://{fleet.machines[name].address}:30080/hosts/", said: Any = said) -> bool:
                try:
                    with urllib.request.urlopen(url, timeout=10) as answer:
                        said.append(answer.read().decode())
                except OSError as error:
                    said.append(str(error))
                return bool(said[-1] == word)

            pods.until(answered, lambda name=name, said=said: f"{name}: {said[-1:]}", 120)  # type: ignore[misc]
    finally:
        kube.delete(ref_of(made))


def test_an_upgrade_is_foretold_done_and_then_left_alone(
    fleet: Any, onprem: Described, kube: Client, platform: Played, config: Path
) -> None:
    before, wanted = config.read_text(), {"replicas": 1, "node_port": 30090}
    checked = fleet.play(onprem(**wanted), "upgrade.yml", "--check", "--diff")
    assert checked.tasks == {(HERE, "Configuration"), (HERE, "What would change")}
    assert (config.read_text(), gateways(kube)) == (before, (2, 30080))
    done = fleet.play(onprem(**wanted), "upgrade.yml")
    assert done.tasks == {(HERE, "Configuration"), (HERE, "Upgrade")}
    assert gateways(kube) == (1, 30090)
    assert fleet.play(onprem(**wanted), "upgrade.yml")[HERE]["changed"] == 0
    assert fleet.play(onprem(**wanted), "upgrade.yml", "--check", "--diff")[HERE]["changed"] == 0


def test_uninstalled_nothing_of_it_is_left(
    fleet: Any, onprem: Described, kube: Client, platform: Played, config: Path, bare: set[tuple[str, str, str]]
) -> None:
    there = hosts_objects.objects(kube)
    data = {"slipway_uninstall_data": True}
    checked = fleet.play(onprem(), "uninstall.yml", "--check", "--diff", **data)
    assert checked.tasks == {(HERE, "Uninstall"), (HERE, "Remove the configuration")}
    assert sorted(there - hosts_objects.objects(kube)) == []
    assert config.exists()
    assert fleet.play(onprem(), "uninstall.yml", **data).tasks == checked.tasks
    pods.until(lambda: not hosts_objects.namespaces(kube) & set(NAMESPACES), lambda: "namespaces are left", 120)
    assert sorted(hosts_objects.objects(kube) - bare) == []
    assert not config.exists()
    assert pods.node_names(kube) == {"control": True, "worker": True}
    again = fleet.play(onprem(), "uninstall.yml", **data)
    assert {host: recap["changed"] for host, recap in again.items()}[HERE] == 0
