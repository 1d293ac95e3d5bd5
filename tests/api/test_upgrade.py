"""Upgrades are refused before anything changes where something stored would become unreadable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from api_objects import config_map, crd, custom, namespace
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.plan import Plan
from slipway.release.planning.upgrade import lost_versions
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

Tree = Callable[..., Path]


def rendered(root: Path) -> Mapping[str, Rendered]:
    return render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)


def put(root: Path, client: Client, reporter: Reporter) -> Installation:
    items = rendered(root)
    return install(Plan("test", "workbench", items, dict.fromkeys(items, 30.0)), client, reporter)


def with_versions(definition: Obj, *names: str) -> Obj:
    """The CRD with these versions; the last one is stored."""
    (version,) = definition["spec"]["versions"]
    versions = [{**version, "name": name, "storage": name == names[-1]} for name in names]
    return {**definition, "spec": {**definition["spec"], "versions": versions}}


def test_a_stored_version_that_would_vanish(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    group = f"{unique}.example.com"
    old, settings = crd(group, "Boat"), config_map(unique, "a", x="1")
    root = tree({unique: {"objects": [namespace(unique), old, custom(group, "Boat", unique, "one"), settings]}})
    assert put(root, client, reporter).ok
    name = old["spec"]["versions"][0]["name"]
    changed = config_map(unique, "a", x="2")
    tree({unique: {"objects": [namespace(unique), with_versions(old, "v2"), changed]}})
    with pytest.raises(SlipwayError, match="nothing was changed") as caught:
        put(root, client, reporter)
    assert f"objects are stored as {name}" in str(caught.value)
    assert (client.get("v1", "ConfigMap", "a", unique) or {})["data"] == {"x": "1"}
    # Beside the old version the new one may come.
    tree({unique: {"objects": [namespace(unique), with_versions(old, name, "v2"), changed]}})
    assert put(root, client, reporter).ok
    live = client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", old["metadata"]["name"])
    assert live
    assert lost_versions(with_versions(old, "v2"), live) == [name]


@pytest.mark.parametrize(("allowed", "ok"), [(["1"], True), (["1.0"], True), (["0.9", "1.1"], False), ([], True)])
def test_a_version_says_which_ones_it_may_follow(
    client: Client, tree: Tree, reporter: Reporter, unique: str, allowed: list[str], ok: bool
) -> None:
    root = tree({unique: {"objects": [namespace(unique)]}})
    assert put(root, client, reporter).ok
    base = root / "manifests" / unique
    text = (base / "1.0" / "component.yaml").read_text()
    (base / "1.0").rename(base / "2.0")
    rule = f"  upgrade: {{from: {allowed!r}, reason: the database changes}}\n"
    (base / "2.0" / "component.yaml").write_text(text.replace("'1.0'", "'2.0'") + rule)
    (root / "overlays" / "test" / unique / "kustomization.yaml").write_text(
        f"resources: [../../../manifests/{unique}/2.0]\n"
    )
    if ok:
        assert put(root, client, reporter).ok
    else:
        with pytest.raises(SlipwayError, match="nothing was changed") as caught:
            put(root, client, reporter)
        assert "version 2.0 follows 0.9, 1.1, not 1.0: the database changes" in str(caught.value)


def test_a_stored_version_goes_when_its_objects_have_been_written_anew(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """The way that the refusal names, as an operator goes it."""
    group = f"{unique}.example.com"
    old = crd(group, "Boat")
    both, new = with_versions(old, "v1", "v2"), with_versions(old, "v2")
    boat = custom(group, "Boat", unique, "one", 7)
    root = tree({unique: {"objects": [namespace(unique), old]}})
    assert put(root, client, reporter).ok
    client.create(boat)
    tree({unique: {"objects": [namespace(unique), both]}})
    assert put(root, client, reporter).ok
    name = Ref("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", old["metadata"]["name"])
    live = client.get(name.api_version, name.kind, name.name) or {}
    assert live["status"]["storedVersions"] == ["v1", "v2"]
    tree({unique: {"objects": [namespace(unique), new]}})
    with pytest.raises(SlipwayError, match="nothing was changed"):
        put(root, client, reporter)
    present = client.get(f"{group}/v2", "Boat", "one", unique) or {}
    client.request("PUT", client.resource(f"{group}/v2", "Boat").path(unique, "one"), body=present)
    client.patch(name, {"status": {"storedVersions": ["v2"]}}, subresource="status")
    assert put(root, client, reporter).ok
    assert (client.get(f"{group}/v2", "Boat", "one", unique) or {})["spec"]["size"] == 7


def test_who_still_writes_a_version_that_goes_is_named(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    group = f"{unique}.example.com"
    old = crd(group, "Boat")
    # v2 is stored from the beginning: v1 is only spoken.
    both, new = with_versions(old, "v1", "v2"), with_versions(old, "v2")
    root = tree({unique: {"objects": [namespace(unique), both]}})
    assert put(root, client, reporter).ok
    client.apply(custom(group, "Boat", unique, "one"), manager="a-pipeline")
    tree({unique: {"objects": [namespace(unique), new]}})
    assert put(root, client, reporter).ok
    told = reporter.stream.getvalue()  # type: ignore[attr-defined]
    assert (
        f"boats.{group}: v1 will not be served any more, and is what these write: a-pipeline (Boat {unique}/one)"
        in told
    )


def test_a_manifest_in_a_version_that_goes_is_refused(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    group = f"{unique}.example.com"
    old = crd(group, "Boat")
    boat = custom(group, "Boat", unique, "one")
    root = tree({unique: {"objects": [namespace(unique), with_versions(old, "v1", "v2"), boat]}})
    assert put(root, client, reporter).ok
    tree({unique: {"objects": [namespace(unique), with_versions(old, "v2"), boat]}})
    with pytest.raises(SlipwayError, match="nothing was changed") as caught:
        put(root, client, reporter)
    assert f"Boat {unique}/one is written in v1, which the new definition does not serve" in str(caught.value)
