"""What is not Slipway's: refused by name, adopted when asked, and never deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from api_objects import config_map, crd, custom, namespace
from slipway.catalog import load_catalog
from slipway.errors import BadInput, SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.ownership import foreign
from slipway.release.planning.plan import Plan
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged
from slipway.render.labels import ADOPTED

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


def marked(client: Client) -> set[tuple[str, str]]:
    """(kind, name) of what says that it was taken over."""
    kinds = ("Namespace", "ConfigMap")
    return {(kind, obj["metadata"]["name"]) for kind in kinds for obj in client.objects("v1", kind, labels=ADOPTED)}


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
    assert marked(client) >= {("Namespace", unique), ("ConfigMap", "same")}
    assert ("ConfigMap", "new") not in marked(client)
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
    older = crd(group, "Boat")
    del older["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["size"]["minimum"]
    client.apply(older, manager="kubectl")
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


def test_a_definition_of_others_that_says_the_same(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    """It is used as it is, unasked, and stays with all objects of its kind but ours."""
    group = f"{unique}.example.com"
    root = tree({unique: {"objects": [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "ours")]}})
    made = client.apply(crd(group, "Boat"), manager="kubectl")
    put(root, client, reporter)
    theirs = client.apply(custom(group, "Boat", "default", "theirs"), manager="kubectl")
    # Another version of ours would change theirs.
    newer = crd(group, "Boat")
    newer["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"] = {"type": "object"}
    other = tree({unique: {"objects": [namespace(unique), newer, custom(group, "Boat", unique, "ours")]}})
    with pytest.raises(SlipwayError) as refused:
        put(other, client, reporter)
    assert f"CustomResourceDefinition boats.{group} exists and belongs to" in refused.value.details[0]
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    left = client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boats.{group}")
    assert left
    assert left["metadata"]["uid"] == made["metadata"]["uid"]
    assert "labels" not in left["metadata"]
    assert identity(client.get(f"{group}/v1", "Boat", "theirs", "default")) == identity(theirs)
    assert client.get("v1", "Namespace", unique) is None


def test_what_was_adopted_and_made_anew_by_us_is_ours(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """The mark is of the very object, not of its name."""
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "same")]}})
    client.apply(namespace(unique), manager="kubectl")
    client.apply(config_map(unique, "same"), manager="kubectl")
    put(root, client, reporter, foreign.ALL)
    client.delete(Ref("v1", "ConfigMap", unique, "same"))
    put(root, client, reporter)
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert client.get("v1", "ConfigMap", "same", unique) is None
    assert client.get("v1", "Namespace", unique)


def test_what_was_ours_and_made_anew_by_others_is_theirs(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """Though the record names it."""
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "same")]}})
    put(root, client, reporter)
    client.delete(Ref("v1", "ConfigMap", unique, "same"))
    theirs = helm(client, config_map(unique, "same"))
    with pytest.raises(SlipwayError) as refused:
        put(root, client, reporter)
    assert refused.value.details == (f"ConfigMap {unique}/same exists and belongs to the Helm release theirs in teams",)
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert identity(client.get("v1", "ConfigMap", "same", unique)) == identity(theirs)


def test_a_label_that_somebody_removed_makes_nothing_foreign(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a")]}})
    put(root, client, reporter)
    ref = Ref("v1", "ConfigMap", unique, "a")
    gone = {"app.kubernetes.io/managed-by": None, "slipway.dev/component": None, "app.kubernetes.io/part-of": None}
    client.patch(ref, {"metadata": {"labels": gone}})
    put(root, client, reporter)
    found = client.get("v1", "ConfigMap", "a", unique)
    assert found
    assert found["metadata"]["labels"]["slipway.dev/component"] == unique
    client.patch(ref, {"metadata": {"labels": gone}})
    uninstall(client, [unique], "workbench", reporter, timeout=30)
    assert client.get("v1", "ConfigMap", "a", unique) is None


@pytest.mark.parametrize(
    ("meta", "who"),
    [
        ({"annotations": HELM}, "the Helm release theirs in teams"),
        (
            {"annotations": {"argocd.argoproj.io/tracking-id": "fleet:/ConfigMap:teams/same"}},
            "the Argo CD application fleet",
        ),
        ({"labels": {"argocd.argoproj.io/instance": "fleet"}}, "the Argo CD application fleet"),
        (
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "apps",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            "the Flux Kustomization apps in flux-system",
        ),
        (
            {
                "annotations": HELM,
                "labels": {"helm.toolkit.fluxcd.io/name": "base", "helm.toolkit.fluxcd.io/namespace": "teams"},
            },
            "the Flux HelmRelease base in teams",
        ),
        ({"labels": {"app.kubernetes.io/managed-by": "Terraform"}}, "Terraform"),
        ({}, "whoever used hands"),
    ],
)
def test_owners_are_named(client: Client, tree: Tree, reporter: Reporter, unique: str, meta: Obj, who: str) -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": []}
    client.apply({**role, "metadata": {"name": unique, **meta}}, manager="hands")
    root = tree({unique: {"objects": [namespace(unique), {**role, "metadata": {"name": unique}}]}})
    with pytest.raises(SlipwayError) as refused:
        put(root, client, reporter)
    assert refused.value.details == (f"ClusterRole {unique} exists and belongs to {who}",)
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
    assert "labels" not in left["metadata"]
    assert ("Namespace", unique) in marked(client)


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
    assert not {name for _, name in marked(client)} & {unique, "a"}


def test_a_name_that_nothing_has(tree: Tree, unique: str) -> None:
    rendered = rendered_of(tree({unique: {"objects": [namespace(unique)]}})).values()
    foreign.check(rendered, adopt=[foreign.ALL, f"Namespace/{unique}"])
    with pytest.raises(BadInput, match="no object of this installation"):
        foreign.check(rendered, adopt=["ConfigMap/nothing"])
