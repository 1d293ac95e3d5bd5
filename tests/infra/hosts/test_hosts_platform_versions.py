"""upgrade.yml from one version of Argo Workflows to the next, and what uninstall.yml does with data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import hosts_objects
import hosts_pods as pods
import pytest
from slipway.kube import Client

HERE = "localhost"
Described = Callable[[str], Path]


@pytest.fixture(scope="module")
def describe_argo(fleet: Any, describe_platform: Callable[..., Path]) -> Described:
    """``describe_argo("3.6.12")`` → an inventory with this version of Argo.

    The overlay is that for several nodes whose shared volumes are a directory of the node: one worker has them all.
    """

    def written(version: str) -> Path:
        config, settings = fleet.directory / "argo.yaml", {"components": {"argo": {"version": version}}}
        return describe_platform("kind", config, ("local-path", "argo"), settings)

    return written


@pytest.fixture(scope="module")
def bare(kube: Client) -> set[tuple[str, str, str]]:
    """What the cluster holds before."""
    return hosts_objects.objects(kube)


@pytest.fixture(scope="module")
def older(fleet: Any, describe_argo: Described, stand_ins: Any, bare: Any) -> Any:
    """install.yml with the older version."""
    return fleet.play(describe_argo("3.6.12"), "install.yml")


def versions(kube: Client) -> set[str]:
    """The tags of Argo's images that its Pods run, all of them on the worker."""
    found = [pod for pod in kube.objects("v1", "Pod", "argo") if not pod["metadata"].get("deletionTimestamp")]
    assert {pod["spec"]["nodeName"] for pod in found} == {"worker"}
    return {container["image"].rpartition(":")[2] for pod in found for container in pod["spec"]["containers"]}


def rest(kube: Client, bare: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """What the cluster holds that it did not before, but for volumes whose class says that they are retained."""
    volumes = kube.objects("v1", "PersistentVolume")
    retained = {
        ("PersistentVolume", "", item["metadata"]["name"])
        for item in volumes
        if (item["spec"]["persistentVolumeReclaimPolicy"], item["status"]["phase"]) == ("Retain", "Released")
    }
    return hosts_objects.objects(kube) - bare - retained


def test_the_older_version_runs(kube: Client, older: Any) -> None:
    assert older[HERE]["changed"] == 2
    assert versions(kube) == {"v3.6.12"}


def test_the_newer_one_is_foretold_and_takes_its_place(
    fleet: Any, describe_argo: Described, kube: Client, older: Any
) -> None:
    newer = "3.7.18"
    checked = fleet.play(describe_argo(newer), "upgrade.yml", "--check", "--diff")
    assert checked.tasks == {(HERE, "Configuration"), (HERE, "What would change")}
    assert versions(kube) == {"v3.6.12"}
    # Its probes run a workflow.
    done = fleet.play(describe_argo(newer), "upgrade.yml")
    assert done.tasks == {(HERE, "Configuration"), (HERE, "Upgrade")}
    pods.until(lambda: versions(kube) == {"v3.7.18"}, lambda: f"Argo's Pods run {versions(kube)}", 120)
    assert fleet.play(describe_argo(newer), "upgrade.yml")[HERE]["changed"] == 0


def test_uninstalled_the_data_stay_until_they_are_to_go(
    fleet: Any, describe_argo: Described, kube: Client, older: Any, bare: set[tuple[str, str, str]]
) -> None:
    inventory = describe_argo("3.7.18")
    assert fleet.play(inventory, "uninstall.yml")[HERE]["changed"] == 2
    assert "argo" not in hosts_objects.namespaces(kube)
    assert len(kube.objects("v1", "PersistentVolumeClaim", "workbench")) == 6
    assert fleet.play(inventory, "uninstall.yml")[HERE]["changed"] == 0
    data = {"slipway_uninstall_data": True}
    assert fleet.play(inventory, "uninstall.yml", "--check", **data)[HERE]["changed"] == 1
    assert fleet.play(inventory, "uninstall.yml", **data)[HERE]["changed"] == 1
    pods.until(lambda: rest(kube, bare) == set(), lambda: f"left: {sorted(rest(kube, bare))}", 180)
    assert fleet.play(inventory, "uninstall.yml", **data)[HERE]["changed"] == 0
    assert pods.node_names(kube) == {"control": True, "worker": True}
