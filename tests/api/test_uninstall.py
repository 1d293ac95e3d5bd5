"""Uninstalling from a real API server: order, finalizers, data, leftovers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_objects import config_map, crd, custom, namespace
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory
from slipway.release.state.namespace import NAMESPACE
from slipway.render import Facts, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]


def put(root: Path, client: Client, reporter: Reporter) -> None:
    catalog = load_catalog(root, "test")
    rendered = render(catalog, {}, Facts(project="workbench"), unchanged)
    done = install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, 20)), client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]


def claim(place: str) -> dict[str, object]:
    resources = {"requests": {"storage": "1Gi"}}
    meta = {"name": "data", "namespace": place}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": resources, "storageClassName": "wait"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


@pytest.fixture
def storage_class(client: Client) -> Iterator[None]:
    """A class that waits for the first pod, as local-path does: its claims are ready without a volume."""
    meta = {"name": "wait"}
    made = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta, "provisioner": "example.com/x"}
    client.apply({**made, "volumeBindingMode": "WaitForFirstConsumer"})
    yield
    client.delete(Ref("storage.k8s.io/v1", "StorageClass", "", "wait"))


def test_nothing_stays(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    group = f"{unique}.example.com"
    secret = {"name": "login", "namespace": unique, "keys": {"password": {"random": 24}}}
    objects = [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "ours"), config_map(unique, "a")]
    put(tree({unique: {"objects": objects, "spec": {"secrets": [secret]}}}), client, reporter)
    # An object of the component's kind that a user made, elsewhere.
    client.create(custom(group, "Boat", "default", "theirs"))
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert client.get("v1", "Namespace", unique) is None
    assert client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boats.{group}") is None
    assert unique not in inventory.load_records(client)


def test_what_its_processes_started_goes_too(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """Not tied by an owner reference, in a namespace that stays."""
    starts = [{"apiVersion": "v1", "kind": "ConfigMap", "namespace": "default", "labels": f"by={unique}"}]
    put(tree({unique: {"objects": [namespace(unique)], "spec": {"starts": starts}}}), client, reporter)
    for name, label in (("mine", unique), ("other", "someone")):
        made = config_map("default", f"{name}-{unique}")
        made["metadata"]["labels"] = {"by": label}
        client.create(made)
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert client.get("v1", "ConfigMap", f"mine-{unique}", "default") is None
    assert client.get("v1", "ConfigMap", f"other-{unique}", "default") is not None


def test_an_installation_may_follow_at_once(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """The inventory's namespace may still be terminating."""
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a")]}})
    put(root, client, reporter)
    for name in inventory.load_records(client):
        inventory.remove(client, name)
    client.delete(Ref("v1", "Namespace", "", NAMESPACE))
    put(root, client, reporter)
    assert list(inventory.load_records(client)) == [unique]


def test_controllers_finish_before_they_go(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """A finalizer is waited for; the controller's own objects are still there while it is being removed."""
    group = f"{unique}.example.com"
    boat = custom(group, "Boat", unique, "one")
    boat["metadata"]["finalizers"] = ["example.com/cleanup"]
    put(
        tree({unique: {"objects": [namespace(unique), crd(group, "Boat"), boat, config_map(unique, "part")]}}),
        client,
        reporter,
    )
    seen: list[bool] = []

    def controller() -> None:
        for _ in range(200):
            found = client.get(f"{group}/v1", "Boat", "one", unique)
            if found and found["metadata"].get("deletionTimestamp"):
                time.sleep(0.3)
                seen.append(client.get("v1", "ConfigMap", "part", unique) is not None)
                client.patch(Ref(f"{group}/v1", "Boat", unique, "one"), {"metadata": {"finalizers": []}})
                return
            time.sleep(0.05)

    thread = threading.Thread(target=controller)
    thread.start()
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    thread.join()
    assert seen == [True]
    assert client.get("v1", "Namespace", unique) is None


def test_what_holds_a_deletion_up_is_named(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    held = config_map(unique, "held")
    held["metadata"]["finalizers"] = ["example.com/never"]
    put(tree({unique: {"objects": [namespace(unique), held]}}), client, reporter)
    with pytest.raises(SlipwayError) as caught:
        uninstall(client, [unique], "workbench", reporter, timeout=1)
    assert "ConfigMap" in str(caught.value)
    assert "held by example.com/never" in str(caught.value)
    assert unique in inventory.load_records(client)
    # Run again when the finalizer is gone: it goes on.
    client.patch(Ref("v1", "ConfigMap", unique, "held"), {"metadata": {"finalizers": []}})
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert client.get("v1", "Namespace", unique) is None


@pytest.mark.usefixtures("storage_class")
def test_claims_and_their_namespaces_stay_unless_asked(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), claim(unique), config_map(unique, "a")]}})
    put(root, client, reporter)
    removal = uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert {ref.kind for ref in removal.kept} == {"Namespace", "PersistentVolumeClaim"}
    assert client.get("v1", "PersistentVolumeClaim", "data", unique) is not None
    assert client.get("v1", "ConfigMap", "a", unique) is None
    put(root, client, reporter)
    # Nothing runs the controller that takes this finalizer off.
    client.patch(Ref("v1", "PersistentVolumeClaim", unique, "data"), {"metadata": {"finalizers": []}})
    uninstall(client, [unique], "workbench", reporter, timeout=30, delete_data=True)
    assert client.get("v1", "Namespace", unique) is None


def test_a_namespace_that_is_terminating_is_waited_for(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """Installing right after a deletion: what is applied into a namespace that goes would go with it."""
    held = config_map(unique, "held")
    held["metadata"]["finalizers"] = ["example.com/slow"]
    client.apply(namespace(unique))
    client.apply(held)
    client.delete(Ref("v1", "Namespace", "", unique))

    def release() -> None:
        time.sleep(2)
        client.patch(Ref("v1", "ConfigMap", unique, "held"), {"metadata": {"finalizers": []}})

    thread = threading.Thread(target=release)
    thread.start()
    put(tree({unique: {"objects": [namespace(unique), config_map(unique, "a")]}}), client, reporter)
    thread.join()
    found = client.get("v1", "Namespace", unique)
    assert found is not None
    assert found["status"]["phase"] == "Active"
    assert client.get("v1", "ConfigMap", "a", unique) is not None
    assert "being deleted" in reporter.stream.getvalue()  # type: ignore[attr-defined]
