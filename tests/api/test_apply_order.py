"""Installing into a real API server: order, failures, no-op, prune, secrets."""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from api_objects import config_map, crd, custom, deployment, namespace
from slipway.catalog import load_catalog
from slipway.kube import ApiError, Client, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.plan import Plan
from slipway.release.state import inventory
from slipway.render import Facts, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]


def plan(root: Path, timeout: float = 20, **given: object) -> Plan:
    catalog = load_catalog(root, "test")
    rendered = render(catalog, {}, Facts(project="workbench"), unchanged)
    return Plan("test", "workbench", rendered, dict.fromkeys(rendered, timeout), **given)  # type: ignore[arg-type]


def results(done: Installation) -> dict[str, str]:
    return {outcome.component: outcome.result for outcome in done.outcomes}


def test_custom_resources_follow_their_definition(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    group = f"{unique}.example.com"
    root = tree(
        {
            unique: {
                "objects": [
                    custom(group, "Boat", unique, "one"),
                    config_map(unique, "settings", a="1"),
                    crd(group, "Boat"),
                    namespace(unique),
                ]
            }
        }
    )
    done = install(plan(root), client, reporter)
    assert results(done) == {unique: "ready"}
    boat = client.get(f"{group}/v1", "Boat", "one", unique)
    assert boat is not None
    assert boat["metadata"]["labels"]["slipway.dev/component"] == unique


def test_a_run_that_only_probes_changes_nothing(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "settings", a="1")]}})
    first = install(plan(root), client, reporter)
    probed = install(plan(root, probe_all=True), client, reporter)
    assert first.changed
    assert results(probed) == {unique: "ready"}
    assert not probed.changed
    assert not probed.idle
    assert probed.release.revision == first.release.revision


def test_the_second_run_does_nothing(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "settings", a="1")]}})
    first = install(plan(root), client, reporter)
    before = client.get("v1", "ConfigMap", "settings", unique)
    second = install(plan(root), client, reporter)
    assert results(second) == {unique: "unchanged"}
    assert not second.changed
    assert second.release.revision == first.release.revision
    assert client.get("v1", "ConfigMap", "settings", unique) == before


def test_what_is_missing_is_brought_back(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "settings", a="1")]}})
    install(plan(root), client, reporter)
    client.delete(Ref("v1", "ConfigMap", unique, "settings"))
    assert results(install(plan(root), client, reporter)) == {unique: "ready"}
    assert client.get("v1", "ConfigMap", "settings", unique) is not None


def test_an_invalid_object_fails_at_once(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    bad = deployment(unique, "web")
    bad["spec"]["replicas"] = -1
    root = tree({unique: {"objects": [namespace(unique), bad]}})
    done = install(plan(root, timeout=600), client, reporter)
    error = done.outcomes[0].error
    assert error is not None
    assert not error.what.startswith("after 600 s")
    assert "waiting for Deployment" not in reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert f"Deployment {unique}/web" in error.where
    assert any("spec.replicas" in line for line in error.details)
    assert inventory.load_records(client)[unique].state == "failed"


def test_a_value_against_the_schema_of_its_crd_fails_at_once(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    group = f"{unique}.example.com"
    objects = [namespace(unique), crd(group, "Boat"), custom(group, "Boat", unique, "one", size=0)]
    done = install(plan(tree({unique: {"objects": objects}}), timeout=60), client, reporter)
    error = done.outcomes[0].error
    assert error is not None
    assert "spec.size" in str(error)


def test_a_kind_that_nothing_brings_is_invalid(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    objects = [namespace(unique), custom(f"{unique}.example.com", "Boat", unique, "one")]
    done = install(plan(tree({unique: {"objects": objects}}), timeout=600), client, reporter)
    assert results(done) == {unique: "failed"}
    assert "component that brings it" in str(done.outcomes[0].error)
    assert "waiting for Boat" not in reporter.stream.getvalue()  # type: ignore[attr-defined]


def test_a_failure_skips_dependents_and_nothing_else(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    bad, above, other = f"{unique}-bad", f"{unique}-above", f"{unique}-other"
    root = tree(
        {
            bad: {"objects": [namespace(bad), custom("no.example.com", "Boat", bad, "one")]},
            above: {"objects": [namespace(above)], "spec": {"requires": [bad]}},
            other: {"objects": [namespace(other)]},
        }
    )
    done = install(plan(root), client, reporter)
    assert results(done) == {bad: "failed", above: "skipped", other: "ready"}
    assert client.get("v1", "Namespace", above) is None


def test_waiting_has_a_deadline_and_names_what_it_waits_for(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), deployment(unique, "web")]}})
    start = time.monotonic()
    done = install(plan(root, timeout=3), client, reporter)
    assert time.monotonic() - start >= 3
    assert results(done) == {unique: "failed"}
    assert "not ready after" in str(done.outcomes[0].error)
    text = reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert f"waiting for Deployment {unique}/web" in text
    assert "of 3 s" in text


def test_a_deployment_is_waited_for_until_its_status_says_so(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    import threading

    root = tree({unique: {"objects": [namespace(unique), deployment(unique, "web")]}})

    def controller() -> None:
        ref = Ref("apps/v1", "Deployment", unique, "web")
        for _ in range(100):
            found = None
            with contextlib.suppress(ApiError):
                found = client.get("apps/v1", "Deployment", "web", unique)
            if found:
                status = {"observedGeneration": found["metadata"]["generation"], "replicas": 1}
                status |= {"updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
                client.patch(ref, {"status": status}, subresource="status")
                return
            time.sleep(0.1)

    thread = threading.Thread(target=controller)
    thread.start()
    done = install(plan(root), client, reporter)
    thread.join()
    assert results(done) == {unique: "ready"}


def test_objects_that_left_the_manifests_are_pruned(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    kept, gone = config_map(unique, "kept", a="1"), config_map(unique, "gone", a="1")
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": unique},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    install(plan(tree({unique: {"objects": [namespace(unique), kept, gone]}})), client, reporter)
    client.create(claim)
    record = inventory.load_records(client)[unique]
    from dataclasses import replace

    volume = Ref("v1", "PersistentVolumeClaim", unique, "data")
    inventory.save(client, replace(record, objects=(*record.objects, volume)))
    done = install(plan(tree({unique: {"objects": [namespace(unique), kept]}})), client, reporter)
    assert results(done) == {unique: "ready"}
    assert client.get("v1", "ConfigMap", "gone", unique) is None
    assert client.get("v1", "ConfigMap", "kept", unique) is not None
    assert client.get("v1", "PersistentVolumeClaim", "data", unique) is not None
    assert volume in inventory.load_records(client)[unique].objects


def test_an_object_of_two_components_stays_while_one_has_it(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    one, two = f"{unique}-one", f"{unique}-two"
    shared, first, second = config_map(unique, "shared", a="1"), config_map(unique, "x", a="1"), namespace(unique)
    root = tree({one: {"objects": [second, shared, first]}, two: {"objects": [second, shared]}})
    assert results(install(plan(root), client, reporter)) == {one: "ready", two: "ready"}
    root = tree({one: {"objects": [second, first]}, two: {"objects": [second, shared]}})
    install(plan(root), client, reporter)
    assert client.get("v1", "ConfigMap", "shared", unique) is not None
    root = tree({one: {"objects": [second, first]}, two: {"objects": [second]}})
    install(plan(root), client, reporter)
    assert client.get("v1", "ConfigMap", "shared", unique) is None


def test_secrets_are_made_once_and_never_shown(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    secrets = [
        {
            "name": "login",
            "namespace": unique,
            "keys": {"username": {"literal": "slipway"}, "password": {"random": 32}},
        },
        {"name": "file", "namespace": unique, "kind": "htpasswd", "from": f"{unique}/login"},
        {
            "name": "pull",
            "namespace": unique,
            "kind": "dockerconfigjson",
            "from": f"{unique}/login",
            "registry": "r:5000",
        },
    ]
    root = tree({unique: {"objects": [namespace(unique)], "spec": {"secrets": secrets}}})
    assert results(install(plan(root), client, reporter)) == {unique: "ready"}
    login = client.get("v1", "Secret", "login", unique)
    assert login is not None
    password = base64.b64decode(login["data"]["password"]).decode()
    assert len(password) == 32
    pull, file = client.get("v1", "Secret", "pull", unique), client.get("v1", "Secret", "file", unique)
    assert pull is not None
    assert file is not None
    assert pull["type"] == "kubernetes.io/dockerconfigjson"
    assert password in base64.b64decode(pull["data"][".dockerconfigjson"]).decode()
    assert base64.b64decode(file["data"]["htpasswd"]).decode().startswith("slipway:$2y$")
    assert password not in reporter.stream.getvalue()  # type: ignore[attr-defined]
    install(plan(root, reapply=True), client, reporter)
    assert client.get("v1", "Secret", "login", unique) == login
    # A new source makes new derived secrets.
    client.delete(Ref("v1", "Secret", unique, "login"))
    install(plan(root), client, reporter)
    new = client.get("v1", "Secret", "pull", unique)
    assert new is not None
    assert new["data"] != pull["data"]


def test_fields_of_others_survive(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "settings", a="1")]}})
    install(plan(root), client, reporter)
    client.patch(Ref("v1", "ConfigMap", unique, "settings"), {"data": {"b": "2"}})
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "settings", a="3")]}})
    install(plan(root), client, reporter)
    found = client.get("v1", "ConfigMap", "settings", unique)
    assert found is not None
    assert found["data"] == {"a": "3", "b": "2"}


@pytest.mark.parametrize("size", [1, 40])
def test_the_inventory_holds_every_object(
    client: Client, tree: Tree, reporter: Reporter, unique: str, size: int
) -> None:
    maps = [config_map(unique, f"map-{i}", a="1") for i in range(size)]
    install(plan(tree({unique: {"objects": [namespace(unique), *maps]}})), client, reporter)
    record = inventory.load_records(client)[unique]
    assert record.state == "ready"
    assert len(record.objects) == size + 1
    assert record.version == "1.0"
