"""What is not Slipway's: refused by name, adopted when asked, and never deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from api_objects import config_map, crd, custom, namespace
from slipway.catalog import load_catalog
from slipway.errors import BadInput, SlipwayError
from slipway.kube import Client, Obj
from slipway.progress import Reporter
from slipway.release import foreign, inventory
from slipway.release.engine import install
from slipway.release.plan import Plan
from slipway.release.uninstall import uninstall
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]
HELM = {"meta.helm.sh/release-name": "theirs", "meta.helm.sh/release-namespace": "teams"}


def rendered_of(root: Path) -> dict[str, Rendered]:
    return render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)


def put(root: Path, client: Client, reporter: Reporter, *adopt: str) -> None:
    rendered = rendered_of(root)
    plan = Plan("test", "workbench", rendered, dict.fromkeys(rendered, 20), adopt=adopt)
    done = install(plan, client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]


def helm(client: Client, obj: Obj) -> Obj:
    """The object as a Helm release brings it."""
    meta = {**obj["metadata"], "annotations": HELM, "labels": {"app.kubernetes.io/managed-by": "Helm"}}
    return client.apply({**obj, "metadata": meta}, manager="helm")


def deployment(place: str) -> Obj:
    labels = {"app": "theirs"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "one", "image": "example.com/one"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "server", "namespace": place},
        "spec": spec,
    }


def identity(obj: Obj | None) -> tuple[str, str]:
    assert obj is not None
    return obj["metadata"]["uid"], obj["metadata"]["resourceVersion"]


def test_a_helm_release_in_the_namespace(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "same"), config_map(unique, "new")]}})
    place = client.apply(namespace(unique), manager="kubectl")
    helm(client, deployment(unique))
    theirs = helm(client, config_map(unique, "same"))
    with pytest.raises(SlipwayError) as refused:
        put(root, client, reporter)
    told = "\n".join(refused.value.details)
    assert f"ConfigMap {unique}/same exists and belongs to the Helm release theirs in teams" in told
    assert f"Namespace {unique}" in told
    assert f"Deployment {unique}/server" in told
    assert unique not in inventory.load_records(client)
    assert client.get("v1", "ConfigMap", "new", unique) is None
    assert identity(client.get("v1", "ConfigMap", "same", unique)) == identity(theirs)
    assert identity(client.get("v1", "Namespace", unique)) == identity(place)

    with pytest.raises(SlipwayError) as refused:
        put(root, client, reporter, f"Namespace/{unique}")
    assert [line.partition(" exists")[0] for line in refused.value.details] == [f"ConfigMap {unique}/same"]
    put(root, client, reporter, f"namespace/{unique}", f"ConfigMap/{unique}/same")
    assert {ref.name for ref in inventory.load_records(client)[unique].adopted} == {unique, "same"}
    # What is theirs by the record is installed again without being asked for.
    put(root, client, reporter)
    server = client.get("apps/v1", "Deployment", "server", unique)
    uninstall(client, [unique], "workbench", reporter, timeout=30, delete_data=True)
    assert identity(client.get("apps/v1", "Deployment", "server", unique)) == identity(server)
    assert client.get("v1", "ConfigMap", "new", unique) is None
    left = client.get("v1", "ConfigMap", "same", unique)
    assert left
    assert left["metadata"]["uid"] == theirs["metadata"]["uid"]
    assert left["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
    # It is theirs again.
    with pytest.raises(SlipwayError, match="not Slipway's"):
        put(root, client, reporter)


def test_a_definition_of_others(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    group = f"{unique}.example.com"
    root = tree({unique: {"objects": [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "ours")]}})
    client.apply(crd(group, "Boat"), manager="kubectl")
    with pytest.raises(SlipwayError) as refused:
        put(root, client, reporter)
    assert refused.value.details == (
        f"CustomResourceDefinition boats.{group} exists and belongs to whoever used kubectl",
    )
    put(root, client, reporter, foreign.ALL)
    theirs = client.apply(custom(group, "Boat", "default", "theirs"), manager="kubectl")
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boats.{group}")
    assert identity(client.get(f"{group}/v1", "Boat", "theirs", "default")) == identity(theirs)
    assert client.get("v1", "Namespace", unique) is None


def test_an_adopted_object_that_leaves_the_manifests(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    client.apply(namespace(unique), manager="kubectl")
    theirs = client.apply(config_map(unique, "same"), manager="kubectl")
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "same")]}})
    put(root, client, reporter, foreign.ALL)
    put(tree({unique: {"objects": [namespace(unique)]}}), client, reporter)
    left = client.get("v1", "ConfigMap", "same", unique)
    assert left
    assert left["metadata"]["uid"] == theirs["metadata"]["uid"]
    assert [ref.kind for ref in inventory.load_records(client)[unique].adopted] == ["Namespace"]


def test_an_empty_namespace_may_be_used(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """And stays: Slipway did not make it."""
    made = client.apply(namespace(unique), manager="kubectl")
    put(tree({unique: {"objects": [namespace(unique), config_map(unique, "a")]}}), client, reporter)
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    left = client.get("v1", "Namespace", unique)
    assert left
    assert left["metadata"]["uid"] == made["metadata"]["uid"]
    assert client.get("v1", "ConfigMap", "a", unique) is None
    assert f"Namespace {unique} stays: Slipway did not make it" in reporter.stream.getvalue()  # type: ignore[attr-defined]


def test_others_came_later(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """Slipway made the namespace; others use it: it stays, and they are named."""
    put(tree({unique: {"objects": [namespace(unique), config_map(unique, "a")]}}), client, reporter)
    theirs = helm(client, deployment(unique))
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert client.get("v1", "ConfigMap", "a", unique) is None
    found = client.get("apps/v1", "Deployment", "server", unique)
    assert found
    assert found["metadata"]["uid"] == theirs["metadata"]["uid"]
    said = reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert f"Namespace {unique} stays: there is something of others in it: Deployment {unique}/server" in said


def test_objects_of_a_killed_installation_are_ours(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """No record names them any more; their labels do."""
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a")]}})
    put(root, client, reporter)
    inventory.remove(client, unique)
    put(root, client, reporter)
    assert inventory.load_records(client)[unique].adopted == ()


def test_a_name_that_nothing_has(tree: Tree, unique: str) -> None:
    rendered = rendered_of(tree({unique: {"objects": [namespace(unique)]}})).values()
    foreign.check([foreign.ALL, f"Namespace/{unique}"], rendered)
    with pytest.raises(BadInput, match="no object of this installation"):
        foreign.check(["ConfigMap/nothing"], rendered)
