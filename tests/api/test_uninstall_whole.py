"""An uninstallation seen from the whole cluster: what was there before is there after, and nothing else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, config_map, crd, custom, namespace
from api_server import Server
from eventually import eventually
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, NotServed, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.release.removal.decide import foresee
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory
from slipway.render import Facts, render
from slipway.render.images import unchanged

#: A cluster of this module's own: no other test makes objects in it.
SERVER = "module_server"

Tree = Callable[..., Path]
#: What tells of the past: it goes by itself.
PASSING = {"Event"}


def everything(client: Client) -> set[str]:
    """Every object of every resource that the server serves."""
    found = set()
    for resource in client.served():
        if "list" not in resource.verbs or resource.kind in PASSING:
            continue
        try:
            for obj in client.objects(resource.api_version, resource.kind):
                found.add(f"{resource.kind} {obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}")
        except NotServed:
            continue
    return found


def put(root: Path, client: Client, reporter: Reporter) -> None:
    rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
    done = install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, 120)), client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]


def cluster_wide(unique: str) -> list[Obj]:
    """What belongs to no namespace, and what stands in a namespace that is not the component's."""
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    rbac = "rbac.authorization.k8s.io"
    reference = {"apiGroup": rbac, "kind": "ClusterRole", "name": unique}
    subjects = [{"kind": "ServiceAccount", "name": "default", "namespace": unique}]
    meta = {"name": unique}
    webhook = {
        "name": f"check.{unique}.example.com",
        "clientConfig": {"service": {"name": "nobody", "namespace": unique}, "caBundle": "QQ=="},
        "rules": [{"apiGroups": [unique], "apiVersions": ["v1"], "operations": ["*"], "resources": ["*"]}],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    admission = "admissionregistration.k8s.io/v1"
    scheduling = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": meta, "value": 7}
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": meta,
        "provisioner": "example.com/x",
    }
    return [
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": meta, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": meta,
            "roleRef": reference,
            "subjects": subjects,
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": unique, "namespace": "kube-system"},
            "roleRef": reference,
            "subjects": subjects,
        },
        {"apiVersion": admission, "kind": "ValidatingWebhookConfiguration", "metadata": meta, "webhooks": [webhook]},
        {"apiVersion": admission, "kind": "MutatingWebhookConfiguration", "metadata": meta, "webhooks": [webhook]},
        scheduling,
        {**storage, "volumeBindingMode": "WaitForFirstConsumer"},
    ]


def components(unique: str) -> dict[str, dict[str, Any]]:
    """Objects of every stage, one component on top of the other, and claims."""
    group, above = f"{unique}.example.com", f"{unique}-above"
    secret = {"name": "login", "namespace": unique, "keys": {"password": {"random": 16}}}
    derived = {"name": "file", "namespace": "default", "kind": "dockerconfigjson", "from": f"{unique}/login"}
    base = [namespace(unique), crd(group, "Boat"), crd(group, "Pier"), config_map(unique, "a"), *cluster_wide(unique)]
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "3Gi"}}, "storageClassName": unique}
    meta = {"name": "data", "namespace": above}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}
    keys = {"username": {"literal": "x"}, **secret["keys"]}  # type: ignore[dict-item]
    return {
        unique: {
            "objects": base,
            "spec": {"secrets": [{**secret, "keys": keys}, {**derived, "registry": "registry.example.com"}]},
        },
        above: {
            "objects": [namespace(above), claim, custom(group, "Boat", above, "one"), config_map("default", unique)],
            "spec": {"requires": [unique]},
        },
    }


@pytest.fixture
def before(client: Client) -> Iterator[set[str]]:
    """The cluster without Slipway."""

    def settled() -> set[str] | None:
        found = everything(client)
        # What the server and its controllers make when they start.
        return found if any("kube-root-ca" in name or "ServiceAccount default/" in name for name in found) else None

    yield eventually(settled, "the cluster is settled")


def test_the_whole_cluster_is_as_before(
    client: Client, tree: Tree, reporter: Reporter, unique: str, before: set[str]
) -> None:
    root = tree(components(unique))
    put(root, client, reporter)
    client.create(custom(f"{unique}.example.com", "Pier", "default", "by-a-user"))
    during = everything(client)
    assert len(during - before) > 20

    uninstall(client, (), "workbench", reporter, timeout=120, delete_data=True)

    def nothing_more() -> bool:
        left.clear()
        left.update(everything(client) - before)
        return not left

    left: set[str] = set()
    try:
        eventually(nothing_more, "nothing is left")
    except AssertionError:
        assert left == set()
    assert {name for name in before if name.startswith(("Namespace", "ClusterRole"))} <= everything(client)


def test_a_custom_resource_that_nobody_finishes_is_named(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    group = f"{unique}.example.com"
    boat = custom(group, "Boat", unique, "one")
    boat["metadata"]["finalizers"] = ["boats.example.com/unload"]
    put(tree({unique: {"objects": [namespace(unique), crd(group, "Boat"), boat]}}), client, reporter)
    with pytest.raises(SlipwayError) as caught:
        uninstall(client, [unique], "workbench", reporter, timeout=3)
    assert f"Boat {unique}/one: held by boats.example.com/unload" in str(caught.value)
    assert "controller" in caught.value.remedy
    # Nothing else has gone: what would finish it is still there.
    assert client.get("v1", "Namespace", unique) is not None
    assert client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boats.{group}") is not None
    client.patch(Ref(f"{group}/v1", "Boat", unique, "one"), {"metadata": {"finalizers": []}})
    uninstall(client, [unique], "workbench", reporter, timeout=120)
    assert client.get("v1", "Namespace", unique) is None


def test_an_api_that_does_not_answer_is_named(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """No namespace ends while one API group cannot be listed: whose, is said."""
    put(tree({unique: {"objects": [namespace(unique), config_map(unique, "a")]}}), client, reporter)
    group = f"{unique}.example.com"
    spec = {"group": group, "version": "v1", "groupPriorityMinimum": 10, "versionPriority": 10}
    spec |= {"insecureSkipTLSVerify": True, "service": {"name": "nobody", "namespace": "default"}}
    name = f"v1.{group}"
    broken = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name}, "spec": spec}
    client.apply(broken)
    try:
        eventually(lambda: stuck(client, unique, reporter), "the API group is named")
    finally:
        client.delete(Ref("apiregistration.k8s.io/v1", "APIService", "", name))
    uninstall(client, [unique], "workbench", reporter, timeout=120)
    assert client.get("v1", "Namespace", unique) is None


def stuck(client: Client, unique: str, reporter: Reporter) -> bool:
    try:
        uninstall(client, [unique], "workbench", reporter, timeout=10)
    except SlipwayError as error:
        return f"Namespace {unique}: an APIService does not answer:" in str(error) and f"{unique}.example.com" in str(
            error
        )
    raise AssertionError("the namespace has gone")


@pytest.fixture
def with_data(client: Client, tree: Tree, reporter: Reporter, unique: str) -> Iterator[Path]:
    """A tree that is installed, with a claim."""
    root = tree(components(unique))
    (root / "images").mkdir()
    put(root, client, reporter)
    yield root
    if inventory.load_records(client):
        uninstall(client, (), "workbench", reporter, timeout=120, delete_data=True)


def command(server: Server, root: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    start = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig)]
    return [*start, "uninstall", "--overlay", "test", *words], {**os.environ, "SLIPWAY_HOME": str(root)}


def test_data_are_listed_and_nothing_goes_where_nobody_can_be_asked(
    module_server: Server, client: Client, with_data: Path, unique: str
) -> None:
    above, before = f"{unique}-above", everything(client)
    assert foresee(client, (), "workbench", delete_data=True).data == (
        f"Namespace {unique}, with everything in it",
        f"Namespace {above}, with everything in it",
        f"PersistentVolumeClaim {above}/data: 3Gi",
    )
    line, environment = command(module_server, with_data, "--delete-data")
    done = subprocess.run(
        line, env=environment, cwd=with_data, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert f"deletes for good: PersistentVolumeClaim {above}/data: 3Gi" in done.stderr
    assert "nothing was changed" in done.stderr
    assert "add --yes" in done.stderr
    assert everything(client) == before


def test_at_a_terminal_it_asks(module_server: Server, client: Client, with_data: Path, unique: str) -> None:
    before = everything(client)
    line, environment = command(module_server, with_data, "--delete-data")
    assert ask(line, environment, with_data, "n") == 1
    assert everything(client) == before
    assert ask(line, environment, with_data, "y") == 0
    assert client.get("v1", "Namespace", f"{unique}-above") is None
    assert client.get("v1", "Namespace", unique) is None


def ask(line: list[str], environment: dict[str, str], place: Path, answer: str) -> int:
    """The exit code of a command whose question is answered at a terminal."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    try:
        return subprocess.run(line, env=environment, cwd=place, stdin=theirs, capture_output=True).returncode
    finally:
        os.close(ours)
        os.close(theirs)


def test_without_data_nothing_is_asked(
    module_server: Server, client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [config_map("default", unique)]}})
    (root / "images").mkdir()
    put(root, client, reporter)
    line, environment = command(module_server, root, "--delete-data")
    done = subprocess.run(line, env=environment, cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert client.get("v1", "ConfigMap", unique, "default") is None
