"""What an uninstallation keeps is found again, by its mark alone, and goes when that is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, config_map, namespace
from api_server import Server
from slipway.catalog import load_catalog
from slipway.errors import BadInput, SlipwayError
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.release.removal import retained
from slipway.release.removal.decide import foresee
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory
from slipway.release.state.namespace import NAMESPACE
from slipway.render import Facts, render
from slipway.render.images import unchanged

#: A cluster of this module's own: nobody else keeps anything in it.
SERVER = "module_server"

Tree = Callable[..., Path]
MAKER = "example.com/maker"


def claim(place: str, storage_class: str) -> Obj:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    meta = {"name": "data", "namespace": place}
    kind = "PersistentVolumeClaim"
    return {"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": {**spec, "storageClassName": storage_class}}


def storage_class(name: str) -> Obj:
    meta = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    return {**meta, "provisioner": MAKER, "volumeBindingMode": "WaitForFirstConsumer"}


def volume(unique: str, place: str) -> Obj:
    """As a provisioner makes it for the claim."""
    maker = {"pv.kubernetes.io/provisioned-by": MAKER}
    meta = {"name": f"pv-{unique}", "annotations": maker, "finalizers": ["external-provisioner.example.com/x"]}
    spec = {"capacity": {"storage": "2Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": unique}
    spec |= {"persistentVolumeReclaimPolicy": "Delete", "hostPath": {"path": f"/srv/{unique}"}}
    reference = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": place, "name": "data"}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": meta, "spec": {**spec, "claimRef": reference}}


@pytest.fixture
def put(client: Client, tree: Tree, reporter: Reporter) -> Iterator[Callable[[dict[str, Any]], Path]]:
    """Installs components; nothing of them stays behind the test."""

    def act(parts: dict[str, Any]) -> Path:
        root = tree(parts)
        rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
        done = install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, 120)), client, reporter)
        assert done.ok, [str(outcome.error) for outcome in done.outcomes]
        return root

    yield act
    uninstall(client, (), "workbench", reporter, timeout=120, delete_data=True)


def slipway(server: Server, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (root / "images").mkdir(exist_ok=True)
    start = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig)]
    environment = {**os.environ, "SLIPWAY_HOME": str(root)}
    return subprocess.run(
        [*start, *words, "--overlay", "test"],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


Put = Callable[[dict[str, Any]], Path]


def test_what_was_kept_is_listed_and_goes_later(
    module_server: Server, client: Client, put: Put, reporter: Reporter, unique: str
) -> None:
    base, above = unique, f"{unique}-above"
    maker = {"objects": [namespace(base), storage_class(unique)]}
    user = {
        "objects": [namespace(above), claim(above, unique), config_map(above, "part")],
        "spec": {"requires": [base]},
    }
    root = put({base: maker, above: user})
    client.create(volume(unique, above))
    client.create(config_map(above, "of-a-user"))
    # Nothing runs the controller that takes this finalizer off.
    removed = slipway(module_server, root, "uninstall")
    assert removed.returncode == 0, removed.stderr
    assert "2 stay (slipway status lists them" in removed.stdout
    assert client.get("v1", "Namespace", base) is None
    assert client.get("v1", "Namespace", NAMESPACE) is None

    told = slipway(module_server, root, "status")
    assert f"= kept by an uninstallation: PersistentVolumeClaim {above}/data, of {above}, since 20" in told.stdout
    assert "slipway uninstall --delete-data" in told.stdout
    value = json.loads(slipway(module_server, root, "status", "--output", "json").stdout)
    assert [(row["kind"], row["name"]) for row in value["kept"]] == [
        ("Namespace", above),
        ("PersistentVolumeClaim", "data"),
    ]
    asked = slipway(module_server, root, "uninstall", "--delete-data")
    assert asked.returncode == 2
    assert f"deletes for good: Namespace {above}, with everything in it (kept since 20" in asked.stderr
    assert f"deletes for good: PersistentVolumeClaim {above}/data: 2Gi (kept since 20" in asked.stderr
    assert f"deletes for good: PersistentVolume pv-{unique}: 2Gi" in asked.stderr
    assert client.get("v1", "PersistentVolumeClaim", "data", above) is not None

    done = slipway(module_server, root, "uninstall", "--delete-data", "--yes")
    assert done.returncode == 0, done.stderr
    # Nobody else would remove what the provisioner made.
    assert f"its provisioner {MAKER} is not installed any more; its files stay: /srv/{unique}" in done.stderr
    assert client.get("v1", "Namespace", above) is None
    assert client.get("v1", "PersistentVolume", f"pv-{unique}") is None
    assert client.get("v1", "Namespace", NAMESPACE) is None
    assert retained.find(client, {}) == []
    assert "nothing was installed" in slipway(module_server, root, "uninstall", "--delete-data").stdout


def test_only_what_bears_its_own_mark(client: Client, put: Put, reporter: Reporter, unique: str) -> None:
    theirs = f"{unique}-theirs"
    put({unique: {"objects": [namespace(unique), storage_class(unique), claim(unique, unique)]}})
    uninstall(client, (), "workbench", reporter, timeout=120)
    (mine, _) = retained.find(client, {})
    assert mine.ref == Ref("v1", "Namespace", "", unique)
    # A copy of what was kept, with every label: somebody's backup.
    labels = (client.get("v1", "Namespace", unique) or {})["metadata"]["labels"]
    copy = namespace(theirs)
    client.create({**copy, "metadata": {"name": theirs, "labels": {retained.LABEL: labels[retained.LABEL]}}})
    assert all(theirs not in line for line in foresee(client, (), "workbench", delete_data=True).data)
    uninstall(client, (), "workbench", reporter, timeout=120, delete_data=True)
    assert client.get("v1", "Namespace", unique) is None
    assert client.get("v1", "Namespace", theirs) is not None
    client.delete(Ref("v1", "Namespace", "", theirs))


def test_what_is_installed_again_is_not_left_over(client: Client, put: Put, reporter: Reporter, unique: str) -> None:
    other = f"{unique}-other"
    parts = {unique: {"objects": [namespace(unique), storage_class(unique), claim(unique, unique)]}}
    put(parts)
    uninstall(client, (), "workbench", reporter, timeout=120)
    assert len(retained.find(client, {})) == 2
    put({**parts, other: {"objects": [namespace(other)]}})
    assert retained.find(client, inventory.load_records(client)) == []
    # Nor does the removal of something else touch it.
    uninstall(client, [other], "workbench", reporter, timeout=120, delete_data=True)
    assert client.get("v1", "PersistentVolumeClaim", "data", unique) is not None


def test_by_the_name_of_its_component(client: Client, put: Put, reporter: Reporter, unique: str) -> None:
    other = f"{unique}-other"
    shared = {"objects": [namespace(other)]}
    put({unique: {"objects": [namespace(unique), storage_class(unique), claim(unique, unique)]}, other: shared})
    uninstall(client, [unique], "workbench", reporter, timeout=120)
    with pytest.raises(BadInput, match="'nobody' is not installed"):
        uninstall(client, ["nobody"], "workbench", reporter, timeout=120, delete_data=True)
    assert len(foresee(client, [unique], "workbench", delete_data=True).data) == 2
    uninstall(client, [unique], "workbench", reporter, timeout=120, delete_data=True)
    assert client.get("v1", "Namespace", unique) is None
    assert set(inventory.load_records(client)) == {other}


@pytest.fixture
def pod(client: Client, unique: str) -> Iterator[Callable[..., None]]:
    """Makes a pod on a node that is not there; it has gone after the test."""
    path = f"/api/v1/namespaces/{unique}/pods/stuck"

    def act(volumes: list[Obj], *finalizers: str) -> None:
        meta = {"name": "stuck", "namespace": unique, "finalizers": list(finalizers)}
        spec = {"containers": [{"name": "main", "image": "slipway.local/base:0.1.0"}], "nodeName": "nowhere"}
        client.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {**spec, "volumes": volumes}})

    yield act
    client.patch(Ref("v1", "Pod", unique, "stuck"), {"metadata": {"finalizers": []}})
    client.request("DELETE", path, query={"gracePeriodSeconds": 0})


def test_a_pod_that_uses_a_claim_is_named(
    client: Client, put: Put, reporter: Reporter, unique: str, pod: Callable[..., None]
) -> None:
    put({unique: {"objects": [namespace(unique), storage_class(unique), claim(unique, unique)]}})
    pod([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
    with pytest.raises(SlipwayError) as caught:
        uninstall(client, [unique], "workbench", reporter, timeout=3, delete_data=True)
    said = str(caught.value)
    assert f"PersistentVolumeClaim {unique}/data: held by kubernetes.io/pvc-protection" in said
    assert f"used by Pod {unique}/stuck (Pending)" in said


def test_a_pod_that_does_not_end_is_named(
    client: Client, put: Put, reporter: Reporter, unique: str, pod: Callable[..., None]
) -> None:
    """On a node that is gone, in a namespace that is deleted."""
    put({unique: {"objects": [namespace(unique)]}})
    pod([], "example.com/slow")
    with pytest.raises(SlipwayError) as caught:
        uninstall(client, [unique], "workbench", reporter, timeout=3)
    said = str(caught.value)
    assert f"Namespace {unique}:" in said
    assert f"Pod {unique}/stuck is left, held by example.com/slow; its node nowhere is not there any more" in said
