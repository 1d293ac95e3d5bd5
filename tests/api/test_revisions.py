"""Revisions in a real API server: kept, listed, gone back to, and whole whatever their size."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click
import pytest
from api_objects import config_map, crd, custom, deployment, namespace
from eventually import eventually
from slipway.catalog import load_catalog
from slipway.errors import BadInput
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.compare import compare
from slipway.release.planning.drift import drift, lines
from slipway.release.planning.plan import Plan
from slipway.release.planning.rollback import newer, plan_of, target
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import revisions
from slipway.release.state.inventory import load_records
from slipway.release.state.namespace import NAMESPACE
from slipway.release.state.revisions import Entry, Origin, Revision, Stored, store
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_history(client: Client) -> Iterator[None]:
    """A cluster without revisions, and without components of other tests."""
    client.apply(namespace(NAMESPACE))
    for secret in client.objects("v1", "Secret", NAMESPACE, labels=store.LABEL):
        client.delete(Ref("v1", "Secret", NAMESPACE, secret["metadata"]["name"]))
    yield
    records = load_records(client)
    if records:
        uninstall(client, (), "workbench", Reporter(), timeout=30, delete_data=True)


def rendered(root: Path) -> Mapping[str, Rendered]:
    return render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)


def put(root: Path, client: Client, reporter: Reporter, timeout: float = 30) -> Installation:
    items = rendered(root)
    origin = Origin(config={"overlay": "test"})
    return install(Plan("test", "workbench", items, dict.fromkeys(items, timeout), origin=origin), client, reporter)


def data(client: Client, place: str, name: str) -> Obj | None:
    found = client.get("v1", "ConfigMap", name, place)
    return found["data"] if found else None


def test_every_change_is_a_revision_and_nothing_else_is(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    first = put(root, client, reporter).release.revision
    assert put(root, client, reporter).release.revision == first
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="2")]}})
    assert put(root, client, reporter).release.revision == first + 1
    history = revisions.entries(client)
    assert [(e.number, e.action, e.state) for e in history] == [
        (first, "install", "deployed"),
        (first + 1, "install", "deployed"),
    ]
    assert all(e.who and e.began and e.seconds is not None and e.components == f"{unique}=1.0" for e in history)
    kept = revisions.load(client, first)
    assert kept.origin.config == {"overlay": "test"}
    assert kept.components[unique].objects == tuple(
        obj for obj in kept.components[unique].objects if obj["kind"] in ("Namespace", "ConfigMap")
    )


def test_rollback_brings_back_what_was_and_deletes_what_came(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree(
        {unique: {"objects": [namespace(unique), config_map(unique, "a", x="1"), config_map(unique, "b", y="1")]}}
    )
    first = put(root, client, reporter).release.revision
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="2"), config_map(unique, "c", z="1")]}})
    put(root, client, reporter)
    assert (data(client, unique, "a"), data(client, unique, "b")) == ({"x": "2"}, None)

    chosen = revisions.load(client, target(revisions.entries(client), None))
    assert chosen.number == first
    done = install(plan_of(chosen), client, reporter)
    assert done.ok
    assert data(client, unique, "a") == {"x": "1"}
    assert data(client, unique, "b") == {"y": "1"}
    assert data(client, unique, "c") is None
    last = revisions.entries(client)[-1]
    assert (last.number, last.action, last.note) == (first + 2, "rollback", f"to revision {first}")
    # A rollback of the rollback leads to the newer state again.
    install(plan_of(revisions.load(client, first + 1)), client, reporter)
    assert compare(client, rendered(root), "workbench") == []


def test_a_failed_one_is_kept_and_not_gone_back_to(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    first = put(root, client, reporter).release.revision
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="2"), deployment(unique, "web")]}})
    assert not put(root, client, reporter, timeout=2).ok  # nothing runs its pods here
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="3")]}})
    put(root, client, reporter)
    history = revisions.entries(client)
    assert [e.state for e in history] == ["deployed", "failed", "deployed"]
    assert target(history, None) == first
    assert target(history, first + 1) == first + 1


def test_one_whose_installer_was_killed_is_interrupted(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    revision = Revision(7, Origin(), "test", "workbench", "0", "2026-01-01T00:00:00Z")
    revisions.begin(client, revision)
    assert revisions.entries(client)[-1].state == "deploying"
    root = tree({unique: {"objects": [namespace(unique)]}})
    assert put(root, client, reporter).release.revision > 7
    assert [e.state for e in revisions.entries(client)] == ["interrupted", "deployed"]


def test_components_that_are_not_part_of_a_run_stay_part_of_the_release(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    other = f"{unique}b"
    root = tree({unique: {"objects": [namespace(unique)]}, other: {"objects": [namespace(other)]}})
    first = put(root, client, reporter).release.revision
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    items = {unique: rendered(root)[unique]}
    install(Plan("test", "workbench", items, {unique: 30}), client, reporter)
    assert set(revisions.load(client, first + 1).components) == {unique, other}
    uninstall(client, [other], "workbench", reporter, timeout=30)
    tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="2")]}})
    install(Plan("test", "workbench", {unique: rendered(root)[unique]}, {unique: 30}), client, reporter)
    assert set(revisions.load(client, first + 2).components) == {unique}
    assert newer(client, revisions.load(client, first)) == []


def test_a_large_one_is_kept_in_parts_and_comes_back_whole(client: Client, unique: str) -> None:
    random.seed(5)
    text = "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=3 * store.CHUNK))
    objects = tuple(config_map(unique, str(number), text=text[number::3]) for number in range(3))
    component = next(iter(load_catalog(Path(__file__).parents[2], "embedded").components.values()))
    stored = Stored(component, {"a": "b"}, "digest", objects)
    revision = Revision(3, Origin(note="large"), "test", "workbench", "0", "2026-01-01T00:00:00Z", {"big": stored})
    revisions.begin(client, revision)
    assert len(client.objects("v1", "Secret", NAMESPACE, labels=f"{store.LABEL}=3")) > 2
    again = revisions.load(client, 3)
    assert again.components["big"].objects == objects
    assert again.components["big"].component.settings == component.settings
    assert again.components["big"].component.secrets == component.secrets
    assert again.components["big"].component.probes == component.probes
    assert [e.note for e in revisions.entries(client)] == ["large"]


def test_the_oldest_go(client: Client) -> None:
    for number in range(1, store.KEPT + 4):
        revisions.begin(client, Revision(number, Origin(), "test", "workbench", "0", "2026-01-01T00:00:00Z"))
    assert [e.number for e in revisions.entries(client)] == list(range(4, store.KEPT + 4))


def test_one_that_is_not_there_is_said_with_those_that_are(client: Client) -> None:
    revisions.begin(client, Revision(4, Origin(), "test", "workbench", "0", "2026-01-01T00:00:00Z"))
    with pytest.raises(BadInput, match="there is no revision 9") as caught:
        revisions.load(client, 9)
    assert "there is: 4" in caught.value.remedy
    with pytest.raises(BadInput, match="no earlier revision"):
        target([Entry(4, "install", "deployed", "", "", "", "")], None)


def test_what_others_changed_is_named_with_who_and_when(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree(
        {unique: {"objects": [namespace(unique), config_map(unique, "a", x="1"), config_map(unique, "b", x="1")]}}
    )
    put(root, client, reporter)
    assert drift(client) == []
    theirs: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": unique}}
    client.apply({**theirs, "data": {"x": "by hand", "more": "theirs"}}, manager="kubectl-edit")
    client.delete(Ref("v1", "ConfigMap", unique, "b"))
    # The manifests may have moved on meanwhile: drift is against what was installed.
    tree({unique: {"objects": [namespace(unique)]}})
    told = [click.unstyle(line) for line in lines(drift(client))]
    assert f"ConfigMap {unique}/a was changed" in told[0]
    assert "data.x: 'by hand' instead of '1', by kubectl-edit at 20" in told[1]
    assert f"ConfigMap {unique}/b is missing" in told[2]
    assert len(told) == 3
    done = install(plan_of(revisions.load(client, revisions.entries(client)[-1].number)), client, reporter)
    assert done.ok
    assert data(client, unique, "b") == {"x": "1"}


def test_install_puts_back_what_is_ours_and_leaves_what_is_theirs(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    put(root, client, reporter)
    theirs: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": unique}}
    client.apply({**theirs, "data": {"x": "by hand", "more": "theirs"}}, manager="kubectl-edit")
    done = put(root, client, reporter)
    assert f"ConfigMap {unique}/a was changed: data.x" in reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert data(client, unique, "a") == {"x": "1", "more": "theirs"}
    assert drift(client) == []
    assert put(root, client, reporter).release.revision == done.release.revision


def test_a_rollback_that_fails_says_of_which_revision_the_object_is(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    group = f"{unique}.example.com"
    client.create(crd(group, "Boat"))
    root = tree({unique: {"objects": [namespace(unique), custom(group, "Boat", unique, "one")]}})
    eventually(lambda: client.objects(f"{group}/v1", "Boat") == [], "the kind is served")
    first = put(root, client, reporter).release.revision
    tree({unique: {"objects": [namespace(unique)]}})
    assert put(root, client, reporter).ok
    definition = Ref("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", f"boats.{group}")
    client.delete(definition)
    eventually(lambda: client.get(definition.api_version, definition.kind, definition.name) is None, "it is gone")
    done = install(plan_of(revisions.load(client, first)), client, reporter)
    assert f"Boat {unique}/one (of revision {first})" in str(done.outcomes[0].error)
