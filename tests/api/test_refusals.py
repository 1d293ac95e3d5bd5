"""What the server would refuse is known before anything is written, to plan and install alike; --replace is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest
from api_objects import Obj, config_map, deployment, namespace
from eventually import eventually
from meanwhile import meanwhile
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.diff import Change
from slipway.release.diff.text import as_text
from slipway.release.planning.compare import compare
from slipway.release.planning.plan import Plan
from slipway.release.state import inventory
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]
RBAC = "rbac.authorization.k8s.io"


def rendered(root: Path) -> dict[str, Rendered]:
    return dict(render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged))


def put(root: Path, client: Client, reporter: Reporter, timeout: float = 30.0, **given: object) -> Installation:
    items = rendered(root)
    return install(
        Plan("test", "workbench", items, dict.fromkeys(items, timeout), **given),  # type: ignore[arg-type]
        client,
        reporter,
    )


def planned(root: Path, client: Client, *replaced: str) -> list[Change]:
    return compare(client, rendered(root), "workbench", replaced)


def results(done: Installation) -> dict[str, str]:
    return {outcome.component: outcome.result for outcome in done.outcomes}


def wrong(place: str) -> Obj:
    bad = deployment(place, "web")
    bad["spec"]["replicas"] = -1
    return bad


def test_of_a_component_with_a_refused_object_nothing_is_written(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    other = f"{unique}-other"
    fine = {other: {"objects": [namespace(other), config_map(other, "a", x="1")]}}
    assert put(tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}}), client, reporter).ok
    before = client.get("v1", "ConfigMap", "a", unique)
    objects = [namespace(unique), config_map(unique, "a", x="2"), config_map(unique, "b"), wrong(unique)]
    root = tree({unique: {"objects": objects}, **fine})
    refused = [change for change in planned(root, client) if change.action == "invalid"]
    assert [change.ref.name for change in refused] == ["web"]

    with pytest.raises(SlipwayError, match="nothing was changed") as whole:
        put(root, client, reporter, whole=True)
    assert "spec.replicas" in str(whole.value)
    assert f"Deployment {unique}/web" in str(whole.value)
    assert client.get("v1", "Namespace", other) is None

    done = put(root, client, reporter)
    assert results(done) == {unique: "failed", other: "ready"}
    assert refused[0].why in str(done.outcomes[0].error)
    assert client.get("v1", "ConfigMap", "a", unique) == before
    assert client.get("v1", "ConfigMap", "b", unique) is None
    # What is installed is as it was, and said to be.
    assert inventory.load_records(client)[unique].state == "ready"


def test_it_is_known_although_its_namespace_is_not_there_yet(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    unknown = config_map(unique, "a")
    unknown["dota"] = {}
    root = tree({unique: {"objects": [namespace(unique), wrong(unique), unknown]}})
    found = {change.ref.kind: change.action for change in planned(root, client)}
    assert found == {"Namespace": "create", "Deployment": "invalid", "ConfigMap": "invalid"}
    assert results(put(root, client, reporter)) == {unique: "failed"}
    assert client.get("v1", "Namespace", unique) is None
    assert inventory.load_records(client)[unique].objects == ()


def job(place: str, image: str) -> Obj:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": image}]}}
    meta = {"name": "once", "namespace": place}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {"template": template}}


def test_a_job_is_made_anew_and_the_plan_says_so(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    put(tree({unique: {"objects": [namespace(unique), job(unique, "a:1")]}}), client, reporter, timeout=2)
    first = client.get("batch/v1", "Job", "once", unique)
    root = tree({unique: {"objects": [namespace(unique), job(unique, "a:2")]}})
    [change] = planned(root, client)
    assert change.action == "replace"
    assert "spec.template cannot be changed" in change.why
    assert "lost: its pods, their logs and its history" in change.why
    assert any(field.path.endswith("image") for field in change.fields)
    put(root, client, reporter, timeout=5)
    second = client.get("batch/v1", "Job", "once", unique)
    assert first
    assert second
    assert first["metadata"]["uid"] != second["metadata"]["uid"]


def binding(place: str, role: str) -> Obj:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "held", "namespace": place},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [],
    }


def service(place: str, **spec: object) -> Obj:
    meta = {"name": "held", "namespace": place}
    ports = [{"port": 80, "protocol": "TCP", "nodePort": 31999}] if spec.get("type") else [{"port": 80}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": ports, **spec}}


def claim(place: str, size: str, storage_class: str = "") -> Obj:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": size}},
    }
    meta = {"name": "held", "namespace": place}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


def selecting(place: str, app: str) -> Obj:
    found = deployment(place, "held")
    found["spec"]["replicas"] = 0
    found["spec"]["selector"]["matchLabels"] = {"app": app}
    found["spec"]["template"]["metadata"]["labels"] = {"app": app}
    return found


def storage_class(place: str, server: str) -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": f"{place}-held"},
        "provisioner": "example.com/none",
        "parameters": {"server": server},
    }


IMMUTABLE: dict[str, tuple[Callable[[str], tuple[Obj, Obj]], str, str]] = {
    "roleRef": (
        lambda place: (binding(place, "view"), binding(place, "edit")),
        "roleRef cannot be changed: ClusterRole view there, ClusterRole edit wanted",
        "for a moment nobody has what it grants",
    ),
    "clusterIP": (
        lambda place: (service(place), service(place, clusterIP="None")),
        "spec.clusterIP cannot be changed: 10.",
        "its address",
    ),
    "clusterIP with a node's port": (
        lambda place: (service(place, type="NodePort"), service(place, type="NodePort", clusterIP="10.97.9.9")),
        "spec.clusterIP cannot be changed: 10.",
        "its address",
    ),
    "selector": (
        lambda place: (selecting(place, "one"), selecting(place, "two")),
        "spec.selector cannot be changed",
        "nothing answers until new ones are ready",
    ),
    "shrinks": (
        lambda place: (claim(place, "5Gi"), claim(place, "1Gi")),
        "a claim cannot shrink: 5Gi there, 1Gi wanted",
        "its data, unless its volume has the reclaim policy Retain",
    ),
    "grows unbound": (
        lambda place: (claim(place, "1Gi"), claim(place, "5Gi")),
        "a claim that is not bound cannot grow: 1Gi there, 5Gi wanted",
        "its data",
    ),
    "parameters": (
        lambda place: (storage_class(place, "one"), storage_class(place, "two")),
        "parameters cannot be changed",
        "claims that exist keep their volumes",
    ),
}


@pytest.mark.parametrize("kind", IMMUTABLE)
def test_what_cannot_be_changed_is_made_anew_when_asked(
    client: Client, tree: Tree, reporter: Reporter, unique: str, kind: str
) -> None:
    pair, reason, lost = IMMUTABLE[kind]
    before, after = pair(unique)
    put(tree({unique: {"objects": [namespace(unique), before]}}), client, reporter, timeout=2)
    root = tree({unique: {"objects": [namespace(unique), after]}})
    ref = ref_of(after)
    option = f"{ref.kind}/{ref.namespace + '/' if ref.namespace else ''}{ref.name}"
    old = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    assert old

    [change] = planned(root, client)
    assert change.action == "invalid"
    assert change.why.startswith(reason)
    assert f"--replace {option}" in change.remedy
    assert lost in change.remedy
    assert change.remedy in click.unstyle("\n".join(as_text([change], brief=True)))
    done = put(root, client, reporter, timeout=5)
    error = done.outcomes[0].error
    assert error is not None
    assert error.what == change.why
    assert error.remedy == change.remedy
    assert client.get(ref.api_version, ref.kind, ref.name, ref.namespace) == old

    [change] = planned(root, client, option)
    assert change.action == "replace"
    assert lost in change.why
    put(root, client, reporter, timeout=5, replace=(option,))
    new = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    assert new, reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert new["metadata"]["uid"] != old["metadata"]["uid"]
    said = reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert lost in said
    assert f"{ref} cannot be changed: it is made anew" in said
    assert planned(root, client) == []


def test_what_is_wrong_in_itself_is_not_made_anew(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    put(tree({unique: {"objects": [namespace(unique), selecting(unique, "one")]}}), client, reporter, timeout=2)
    bad = selecting(unique, "two")
    bad["spec"]["template"]["metadata"]["labels"] = {"app": "three"}
    root = tree({unique: {"objects": [namespace(unique), bad]}})
    [change] = planned(root, client, f"Deployment/{unique}/held")
    assert change.action == "invalid"
    assert "--replace" not in change.remedy
    old = client.get("apps/v1", "Deployment", "held", unique)
    done = put(root, client, reporter, timeout=5, replace=(f"Deployment/{unique}/held",))
    assert results(done) == {unique: "failed"}
    assert client.get("apps/v1", "Deployment", "held", unique) == old


def test_a_bound_claim_whose_class_lets_none_grow(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": unique},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/tmp"},
            "storageClassName": f"{unique}-held",
            "claimRef": {"namespace": unique, "name": "held"},
        },
    }
    client.apply(storage_class(unique, "one"), manager="kubectl")
    client.apply(volume, manager="kubectl")
    small = claim(unique, "1Gi", f"{unique}-held")
    assert put(tree({unique: {"objects": [namespace(unique), small]}}), client, reporter).ok
    root = tree({unique: {"objects": [namespace(unique), claim(unique, "5Gi", f"{unique}-held")]}})
    [change] = planned(root, client)
    assert change.action == "invalid"
    assert change.why == f"StorageClass {unique}-held does not let claims grow: 1Gi there, 5Gi wanted"
    assert f"kubectl patch storageclass {unique}-held" in change.remedy
    # The remedy is one.
    client.patch(Ref("storage.k8s.io/v1", "StorageClass", "", f"{unique}-held"), {"allowVolumeExpansion": True})
    [change] = planned(root, client)
    assert change.action == "change"
    assert [(field.before, field.after) for field in change.fields] == [("1Gi", "5Gi")]


def held(client: Client, place: str, name: str) -> Ref:
    """A ConfigMap that is on its way out, and held by a finalizer."""
    ref = Ref("v1", "ConfigMap", place, name)
    client.patch(ref, {"metadata": {"finalizers": ["example.com/hold"]}})
    client.delete(ref)
    return ref


def test_what_is_being_deleted_is_not_said_to_be_ready(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    assert put(root, client, reporter).ok
    ref = held(client, unique, "a")
    old = client.get("v1", "ConfigMap", "a", unique)
    done = put(root, client, reporter, timeout=2)
    error = done.outcomes[0].error
    assert error is not None
    assert "is being deleted" in error.what
    assert "held by example.com/hold" in error.what
    assert "finalizer" in error.remedy

    def let_go() -> None:
        client.patch(ref, {"metadata": {"finalizers": None}})

    with meanwhile(lambda: None, let_go):
        assert put(root, client, reporter).ok
    new = eventually(lambda: client.get("v1", "ConfigMap", "a", unique), "it is made anew")
    assert old
    assert new["metadata"]["uid"] != old["metadata"]["uid"]
    assert "deletionTimestamp" not in new["metadata"]
    assert put(root, client, reporter).ok
    assert client.get("v1", "ConfigMap", "a", unique) == new
