"""Failures of many kinds, made for real: each names its own cause and a remedy that is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import click
import pytest
from api_objects import Obj, config_map, custom, deployment, namespace
from eventually import eventually
from meanwhile import meanwhile
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import ApiError, Client, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.diff import Change
from slipway.release.planning.compare import compare
from slipway.release.planning.drift import drift, lines
from slipway.release.planning.plan import Plan
from slipway.release.refusals.classify import Expected, classify
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory
from slipway.release.state.health import health
from slipway.release.state.namespace import NAMESPACE
from slipway.release.state.target import announce
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

#: A cluster of this module's own: an APIService that is down, and a release that has no record.
SERVER = "module_server"

Tree = Callable[..., Path]
REGISTRATION = "apiregistration.k8s.io/v1"


def rendered(root: Path) -> dict[str, Rendered]:
    return dict(render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged))


def put(root: Path, client: Client, reporter: Reporter, timeout: float = 30.0) -> Installation:
    items = rendered(root)
    return install(Plan("test", "workbench", items, dict.fromkeys(items, timeout)), client, reporter)


def planned(root: Path, client: Client) -> list[Change]:
    return compare(client, rendered(root), "workbench")


def failure(done: Installation, component: str) -> SlipwayError:
    found = next(outcome.error for outcome in done.outcomes if outcome.component == component)
    assert found is not None
    return found


@pytest.fixture
def down(client: Client, unique: str) -> Iterator[str]:
    """A group whose APIService nobody serves."""
    group = f"{unique}.example.com"
    spec = {
        "group": group,
        "version": "v1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {"name": "nobody", "namespace": "default"},
    }
    ref = Ref(REGISTRATION, "APIService", "", f"v1.{group}")
    client.apply({"apiVersion": REGISTRATION, "kind": ref.kind, "metadata": {"name": ref.name}, "spec": spec})

    def seen() -> bool:
        with pytest.raises(SlipwayError) as caught:
            client.resource(f"{group}/v1", "Boat")
        return "APIService" in str(caught.value)

    eventually(seen, "the server knows of the APIService")
    yield group
    client.delete(ref)


def test_an_api_service_that_is_down_is_named_and_holds_nothing_else_up(
    client: Client, tree: Tree, unique: str, reporter: Reporter, down: str
) -> None:
    place, other = f"{unique}-boats", f"{unique}-other"
    root = tree(
        {
            place: {"objects": [namespace(place), custom(down, "Boat", place, "one")]},
            other: {"objects": [namespace(other), config_map(other, "a", x="1")]},
        }
    )
    [boat] = [change for change in planned(root, client) if change.ref.kind == "Boat"]
    assert f"the APIService v1.{down}, which serves Boat, does not answer" in boat.guess
    done = put(root, client, reporter, timeout=2)
    assert {o.component: o.result for o in done.outcomes} == {place: "failed", other: "ready"}
    error = failure(done, place)
    assert f"the APIService v1.{down}, which serves Boat, does not answer" in error.what
    assert "kubectl get apiservice" in error.remedy

    # What has nothing to do with it is changed, looked at and removed.
    tree({other: {"objects": [namespace(other), config_map(other, "a", x="2")]}})
    assert next(o.result for o in put(root, client, reporter, timeout=2).outcomes if o.component == other) == "ready"
    assert health(client, inventory.load_records(client))[other].state == "ready"
    # A namespace ends only when the APIService answers, or has gone.
    with pytest.raises(SlipwayError) as stuck:
        uninstall(client, [other], "workbench", reporter, timeout=8)
    assert "an APIService does not answer" in str(stuck.value)
    assert client.get("v1", "ConfigMap", "a", other) is None


def test_an_object_without_a_namespace(client: Client, tree: Tree, unique: str, reporter: Reporter) -> None:
    lost = config_map("", "lost")
    del lost["metadata"]["namespace"]
    root = tree({unique: {"objects": [namespace(unique), lost]}})
    [change] = [change for change in planned(root, client) if change.action == "invalid"]
    assert change.why == "ConfigMap lost names no namespace"
    assert "metadata.namespace" in change.remedy
    error = failure(put(root, client, reporter), unique)
    assert (error.what, error.remedy) == (change.why, change.remedy)
    assert client.get("v1", "Namespace", unique) is None


def test_what_has_lost_its_label_is_there(client: Client, tree: Tree, unique: str, reporter: Reporter) -> None:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "a", x="1")]}})
    assert put(root, client, reporter).ok
    gone = {"app.kubernetes.io/managed-by": None, "slipway.dev/component": None}
    client.patch(Ref("v1", "ConfigMap", unique, "a"), {"metadata": {"labels": gone}})
    assert health(client, inventory.load_records(client))[unique].problems == ()
    [change] = planned(root, client)
    assert change.action == "change"
    assert {field.path for field in change.fields} == {
        "metadata.labels.[app.kubernetes.io/managed-by]",
        "metadata.labels.[slipway.dev/component]",
    }
    said = [change for change in drift(client, [unique]) if change.ref.name == "a"]
    assert [change.action for change in said] == ["change"]
    assert put(root, client, reporter).ok
    told = reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert f"ConfigMap {unique}/a was changed: metadata.labels." in told


def test_components_whose_release_has_no_record_are_told(
    client: Client, tree: Tree, unique: str, reporter: Reporter
) -> None:
    root = tree({unique: {"objects": [namespace(unique)]}})
    assert put(root, client, reporter).ok
    client.delete(Ref("v1", "ConfigMap", NAMESPACE, inventory.RELEASE))
    said = Reporter("plain", StringIO())
    announce(client, inventory.load_release(client), said)
    text = said.stream.getvalue()  # type: ignore[attr-defined]
    assert "nothing is installed" not in text
    assert "a release whose record is gone, with " in text
    assert unique in text
    assert put(root, client, reporter).ok
    assert inventory.load_release(client).revision


def test_a_namespace_that_does_not_end_says_why(client: Client, tree: Tree, unique: str, reporter: Reporter) -> None:
    """One of the component's own, and one in which it has only an object."""
    own, lent = f"{unique}-own", f"{unique}-lent"
    refs = []
    for place in (own, lent):
        client.apply(namespace(place), manager="slipway")
        held = config_map(place, "held")
        held["metadata"]["finalizers"] = ["example.com/hold"]
        client.create(held)
        client.delete(Ref("v1", "Namespace", "", place))
        refs.append(Ref("v1", "ConfigMap", place, "held"))

    def told(place: str) -> bool:
        found = client.get("v1", "Namespace", place) or {}
        conditions = (found.get("status") or {}).get("conditions") or []
        return any(c["type"] == "NamespaceFinalizersRemaining" and c["status"] == "True" for c in conditions)

    eventually(lambda: told(own) and told(lent), "the namespaces say what is left")
    with pytest.raises(ApiError) as caught:
        client.apply(config_map(lent, "a"))
    # By its cause, not by its words.
    nameless = ApiError("x", status=403, reason="Forbidden", body=caught.value.body)
    assert classify(nameless, refs[1], Expected()).name == "the namespace is terminating"

    first = {"objects": [namespace(own), config_map(own, "a")]}
    root = tree({own: first, lent: {"objects": [config_map(lent, "a")]}})
    done = put(root, client, reporter, timeout=3)
    for place, what in ((own, "the old object"), (lent, "its namespace")):
        error = failure(done, place)
        assert f"{what} is being deleted: Namespace {place}" in error.what
        assert "example.com/hold" in error.what
        assert "finalizer" in error.remedy

    def let_go() -> None:
        for ref in refs:
            client.patch(ref, {"metadata": {"finalizers": None}})

    with meanwhile(lambda: None, let_go):
        done = put(root, client, reporter)
    assert {o.component: o.result for o in done.outcomes}[own] == "ready"


def test_drift_through_a_subresource(client: Client, tree: Tree, unique: str, reporter: Reporter) -> None:
    web = deployment(unique, "web")
    put(tree({unique: {"objects": [namespace(unique), web]}}), client, reporter, timeout=1)
    path = f"/apis/apps/v1/namespaces/{unique}/deployments/web/scale"
    client.request(
        "PATCH",
        path,
        body={"spec": {"replicas": 4}},
        query={"fieldManager": "kubectl-scale"},
        content_type="application/merge-patch+json",
    )
    [change] = [change for change in drift(client, [unique]) if change.ref.name == "web"]
    [field] = change.fields
    assert (field.path, field.before, field.after) == ("spec.replicas", 4, 1)
    assert (field.owner, field.through) == ("kubectl-scale", "scale")
    told = click.unstyle("\n".join(lines([change])))
    assert ", by kubectl-scale through scale" in told
    assert " at \n" not in f"{told}\n"


def test_a_field_of_somebody_else_is_told_by_its_cause(client: Client, unique: str) -> None:
    client.apply(namespace(unique), manager="kubectl")
    mine: Obj = config_map(unique, "a", x="1")
    client.apply(mine, manager="one")
    with pytest.raises(ApiError) as caught:
        client.apply(config_map(unique, "a", x="2"), manager="two", force=False)
    nameless = ApiError("x", status=409, reason="Conflict", body=caught.value.body)
    verdict = classify(nameless, Ref("v1", "ConfigMap", unique, "a"), Expected())
    assert (verdict.state, verdict.name) == ("invalid", "a field belongs to someone else")


def test_a_namespace_that_is_not_there_is_told_by_its_details(client: Client, unique: str) -> None:
    with pytest.raises(ApiError) as caught:
        client.apply(config_map(unique, "a"))
    nameless = ApiError("x", status=404, reason="NotFound", body=caught.value.body)
    ref = Ref("v1", "ConfigMap", unique, "a")
    assert classify(nameless, ref, Expected()).name == "the namespace does not exist"
    assert classify(nameless, ref, Expected(namespaces=frozenset({unique}))).state == "not yet"
