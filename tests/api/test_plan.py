"""plan against a real API server: an empty cluster, changes, drift, what leaves or is refused; secrets stay hidden."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
from api_objects import config_map, crd, custom, deployment, namespace
from slipway.catalog import load_catalog
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.diff import Change
from slipway.release.diff.text import as_json, as_text, summary
from slipway.release.planning.compare import compare
from slipway.release.planning.plan import Plan
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]


def rendered(root: Path) -> Mapping[str, Rendered]:
    return render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)


def changes(root: Path, client: Client) -> dict[tuple[str, str], Change]:
    return {(c.ref.kind, c.ref.name): c for c in compare(client, rendered(root), "workbench")}


def put(root: Path, client: Client, reporter: Reporter, timeout: float = 30) -> None:
    items = rendered(root)
    install(Plan("test", "workbench", items, dict.fromkeys(items, timeout)), client, reporter)


def text_of(found: Mapping[Any, Change]) -> str:
    return click.unstyle("\n".join(as_text(found.values())))


def test_an_empty_cluster_has_everything_to_create(client: Client, tree: Tree, unique: str) -> None:
    group = f"{unique}.example.com"
    objects = [
        namespace(unique),
        config_map(unique, "settings", a="1"),
        crd(group, "Boat"),
        custom(group, "Boat", unique, "one"),
    ]
    root = tree({unique: {"objects": objects}})
    found = changes(root, client)
    assert {key: change.action for key, change in found.items()} == {
        ("Namespace", unique): "create",
        ("ConfigMap", "settings"): "create",
        ("CustomResourceDefinition", f"boats.{group}"): "create",
        ("Boat", "one"): "create",
    }
    guessed = {kind for (kind, _), change in found.items() if change.guess}
    assert guessed == {"ConfigMap", "Boat"}
    assert "the namespace is being created" in found["ConfigMap", "settings"].guess
    assert client.get("v1", "Namespace", unique) is None
    assert summary(list(found.values()), 4) == "4 to create; 0 as they are; 2 guessed"


def test_what_is_installed_has_nothing_to_do(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    group = f"{unique}.example.com"
    objects = [
        namespace(unique),
        config_map(unique, "a", x="1"),
        crd(group, "Boat"),
        custom(group, "Boat", unique, "one"),
    ]
    root = tree({unique: {"objects": objects}})
    put(root, client, reporter)
    assert changes(root, client) == {}


def test_a_change_is_shown_field_by_field(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    before = deployment(unique, "web")
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1"), before]}})
    put(root, client, reporter, timeout=2)  # nothing runs its pods here
    after = copy.deepcopy(before)
    after["spec"]["template"]["spec"]["containers"][0]["image"] = "slipway.local/other:0.1.0"
    after["spec"]["replicas"] = 3
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1", y="2"), after]}})
    found = changes(root, client)
    assert {key: change.action for key, change in found.items()} == {
        ("Deployment", "web"): "change",
        ("ConfigMap", "a"): "change",
    }
    fields = {f.path: (f.before, f.after) for f in found["Deployment", "web"].fields}
    # Defaults that the server adds are no difference.
    assert fields == {
        "spec.replicas": (1, 3),
        "spec.template.spec.containers[name=main].image": ("slipway.local/base:0.1.0", "slipway.local/other:0.1.0"),
    }
    assert [(f.path, f.before, f.after) for f in found["ConfigMap", "a"].fields] == [("data.y", None, "2")]
    lines = text_of(found)
    assert "-  replicas: 1" in lines
    assert "+  replicas: 3" in lines


def test_what_somebody_changed_by_hand_is_shown_with_the_name(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    put(root, client, reporter)
    ours = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": unique}}
    client.apply({**ours, "data": {"x": "by hand", "theirs": "stays"}}, manager="an-operator")
    found = changes(root, client)
    (field,) = found["ConfigMap", "a"].fields
    assert (field.path, field.before, field.after, field.owner) == ("data.x", "by hand", "1", "an-operator")
    assert "data.x was written by an-operator" in text_of(found)
    assert "theirs" not in [f.path for f in found["ConfigMap", "a"].fields]


def test_what_left_is_deleted_and_what_holds_data_is_kept(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    claim: Obj = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": unique},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    objects = [namespace(unique), config_map(unique, "a", x="1"), config_map(unique, "b", x="1"), claim]
    root = tree({unique: {"objects": objects}})
    put(root, client, reporter, timeout=2)
    tree({unique: {"objects": objects[:2]}})
    found = changes(root, client)
    assert {key: change.action for key, change in found.items()} == {
        ("ConfigMap", "b"): "delete",
        ("PersistentVolumeClaim", "data"): "keep",
    }


def test_what_would_be_refused_is_invalid(client: Client, tree: Tree, unique: str) -> None:
    client.apply(namespace(unique))
    bad = deployment(unique, "web")
    bad["spec"]["template"]["metadata"]["labels"] = {"app": "another"}
    root = tree({unique: {"objects": [bad]}})
    (change,) = changes(root, client).values()
    assert change.action == "invalid"
    assert "selector" in change.why


def test_values_of_secrets_are_never_shown(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    def secret(value: str) -> Obj:
        meta = {"name": "key", "namespace": unique}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"password": value, "user": "a"}}

    root = tree({unique: {"objects": [namespace(unique), secret("first-value")]}})
    fresh = changes(root, client)
    put(root, client, reporter)
    tree({unique: {"objects": [namespace(unique), secret("second-value")]}})
    found = changes(root, client)
    assert found["Secret", "key"].action == "change"
    for some in (fresh, found):
        everything = text_of(some) + as_json(some.values(), 2)
        for value in ("first-value", "second-value", "Zmlyc3Qt", "c2Vjb25k"):
            assert value not in everything
    assert "another value" in text_of(found)


def test_secrets_that_are_generated_are_announced(client: Client, tree: Tree, unique: str) -> None:
    spec = {"secrets": [{"name": "made", "namespace": unique, "keys": {"password": {"random": 20}}}]}
    root = tree({unique: {"objects": [namespace(unique)], "spec": spec}})
    assert changes(root, client)["Secret", "made"].why == "its values are generated"


def test_secrets_that_were_generated_and_are_not_wanted_any_more_go(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    spec = {"secrets": [{"name": "made", "namespace": unique, "keys": {"password": {"random": 20}}}]}
    root = tree({unique: {"objects": [namespace(unique)], "spec": spec}})
    put(root, client, reporter)
    assert changes(root, client) == {}
    tree({unique: {"objects": [namespace(unique)]}})
    assert {key: change.action for key, change in changes(root, client).items()} == {("Secret", "made"): "delete"}


def test_json_says_the_same(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    put(root, client, reporter)
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="2")]}})
    value = json.loads(as_json(compare(client, rendered(root), "workbench"), 2))
    assert value["summary"] == {"change": 1, "objects": 2}
    (row,) = value["changes"]
    assert row["fields"] == [{"path": "data.x", "before": "1", "after": "2", "owner": "", "at": ""}]


def test_an_object_that_lost_its_label_is_no_new_one(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    put(root, client, reporter)
    client.patch(Ref("v1", "ConfigMap", unique, "a"), {"metadata": {"labels": None}})
    (change,) = changes(root, client).values()
    assert change.action == "change"
    assert {f.path.split(".")[1] for f in change.fields} == {"labels"}


@pytest.mark.parametrize("objects", [0, 1])
def test_nothing_to_do_is_said(objects: int) -> None:
    assert summary([], objects) == f"nothing to do; {objects} as they are"
