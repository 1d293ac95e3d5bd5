"""What can be changed in place, and what is a move."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.kube import Obj, Ref
from slipway.kube.quantity import amount
from slipway.release.objects.snapshot import finder
from slipway.storage.changes import changes
from slipway.storage.migrate import plan


def volume(server: str = "10.0.0.5", size: str = "5Gi", **more: Any) -> Obj:
    spec = {"nfs": {"server": server, "path": "/data"}, "capacity": {"storage": size}, "mountOptions": ["hard"]}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "ml-data"}, "spec": {**spec, **more}}


def claim(size: str = "5Gi", name: str = "data", **more: Any) -> Obj:
    meta = {"name": name, "namespace": "ml"}
    spec = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": size}}, **more}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


def storage_class(**parameters: str) -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "efs"},
        "provisioner": "efs.csi.aws.com",
        "parameters": parameters,
    }


def told(wanted: Obj, present: Obj) -> list[str]:
    return [str(change) for change in changes([wanted], finder([present]))]


def test_another_server_is_a_move() -> None:
    assert told(volume("10.0.0.6"), volume("10.0.0.5")) == [
        "PersistentVolume ml-data: spec.nfs.server is 10.0.0.5, wanted is 10.0.0.6"
    ]


def test_what_the_server_fills_in_is_no_change() -> None:
    present = volume(claimRef={"name": "data", "uid": "1"}, volumeMode="Filesystem", storageClassName="")
    present["spec"]["nfs"]["readOnly"] = False
    assert told(volume(), present) == []
    bound = claim(storageClassName="nfs", volumeName="pvc-1", volumeMode="Filesystem")
    assert told(claim(storageClassName="nfs"), bound) == []


def test_mount_options_and_capacity_change_in_place() -> None:
    assert told(volume(size="9Gi", mountOptions=["soft"]), volume()) == []


def test_another_kind_of_volume_is_a_move() -> None:
    present = claim(storageClassName="", volumeName="ml-data")
    assert told(claim(storageClassName="efs"), present) == [
        "PersistentVolumeClaim ml/data: spec.storageClassName is not set, wanted is efs"
    ]


@pytest.mark.parametrize(
    ("old", "new", "storage_class_name", "allowed"),
    [
        ("5Gi", "5120Mi", "", True),
        ("5Gi", "6Gi", "efs", True),
        ("5Gi", "4Gi", "efs", False),
        ("5Gi", "6Gi", "", False),
    ],
)
def test_only_claims_of_a_class_grow(old: str, new: str, storage_class_name: str, allowed: bool) -> None:
    present = claim(old, storageClassName=storage_class_name)
    found = changes([claim(new, storageClassName=storage_class_name)], finder([present]))
    assert (found == []) is allowed
    assert not any(change.moves for change in found)


def test_parameters_of_a_class_are_for_good() -> None:
    assert told(storage_class(fileSystemId="fs-2"), storage_class(fileSystemId="fs-1", uid="7")) == [
        "StorageClass efs: parameters.fileSystemId is fs-1, wanted is fs-2",
        "StorageClass efs: parameters.uid is 7, wanted is nothing",
    ]


def test_what_is_not_there_yet_is_no_change() -> None:
    assert changes([volume(), claim()], finder([])) == []


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("1k", 1000), ("2Ki", 2048), ("1.5Gi", 1610612736), ("1e3", 1000), ("2E", 2 * 10**18)]
)
def test_quantities(text: str, value: int) -> None:
    assert amount(text) == value


def test_no_quantity() -> None:
    with pytest.raises(ValueError, match="Gib"):
        amount("5Gib")


def test_a_claim_goes_with_its_volume_and_others_stay() -> None:
    there = [claim(volumeName="ml-data"), claim(name="logs", volumeName="ml-logs")]
    found = plan(changes([volume("10.0.0.6")], finder([volume()])), there)
    assert [ref.name for ref in found.claims] == ["data"]
    assert [ref.name for ref in found.volumes] == ["ml-data"]
    assert found.kept == ()


def test_a_volume_that_a_class_made_is_kept() -> None:
    present = claim(storageClassName="efs", volumeName="pvc-1")
    found = plan(changes([claim(storageClassName="azure")], finder([present])), [present])
    assert found.kept == (Ref("v1", "PersistentVolume", "", "pvc-1"),)
    assert found.volumes == ()
