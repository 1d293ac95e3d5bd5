"""What left the manifests is deleted when what replaces it is ready; what only moved is not deleted at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from api_objects import config_map, deployment, namespace
from eventually import eventually
from killing import deployments_run
from slipway.catalog import load_catalog
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.compare import compare
from slipway.release.planning.plan import Plan
from slipway.release.removal.uninstall import uninstall
from slipway.release.state.inventory import load_records
from slipway.render import Facts, Rendered, render
from slipway.render.images import unchanged

#: A kind whose conversion webhook is away, as other modules leave one, could hold any namespace.
SERVER = "module_server"

Tree = Callable[..., Path]


def rendered(root: Path) -> Mapping[str, Rendered]:
    return render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)


def put(root: Path, client: Client, reporter: Reporter, timeout: float = 120) -> Installation:
    items = rendered(root)
    return install(Plan("test", "workbench", items, dict.fromkeys(items, timeout)), client, reporter)


def test_an_object_that_moves_to_another_component_stays(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    first, second, moved = f"{unique}a", f"{unique}b", config_map("default", unique, x="1")
    requires = {"requires": [first]}
    root = tree({first: {"objects": [namespace(first), moved]}, second: {"objects": [namespace(second)]}})
    assert put(root, client, reporter).ok
    # Both directions: the new owner is installed before the old one is pruned, and after.
    for giver, taker in ((first, second), (second, first)):
        parts: dict[str, dict[str, Any]] = {
            giver: {"objects": [namespace(giver)]},
            taker: {"objects": [namespace(taker), moved]},
        }
        parts[second] |= {"spec": requires}
        tree(parts)
        assert "delete" not in [c.action for c in compare(client, rendered(root), "workbench")]
        uid = (client.get("v1", "ConfigMap", unique, "default") or {})["metadata"]["uid"]
        assert put(root, client, reporter).ok
        found = client.get("v1", "ConfigMap", unique, "default")
        assert found is not None
        assert found["metadata"]["uid"] == uid
        records = load_records(client)
        owners = [
            name
            for name in (first, second)
            if any(ref.name == unique for ref in records[name].objects if ref.kind == "ConfigMap")
        ]
        assert owners == [taker]


def test_what_is_replaced_stays_until_the_new_one_is_ready(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    root = tree({unique: {"objects": [namespace(unique), deployment(unique, "old")]}})
    with deployments_run(client):
        assert put(root, client, reporter).ok
    tree({unique: {"objects": [namespace(unique), deployment(unique, "new")]}})
    done: list[Installation] = []
    thread = threading.Thread(target=lambda: done.append(put(root, client, reporter, timeout=240)))
    thread.start()
    said = reporter.stream.getvalue  # type: ignore[attr-defined]
    eventually(lambda: f"waiting for Deployment {unique}/new" in said(), "the new one is waited for")
    assert client.get("apps/v1", "Deployment", "old", unique) is not None
    with deployments_run(client):
        thread.join()
    assert done[0].ok
    assert client.get("apps/v1", "Deployment", "old", unique) is None


def test_where_the_new_one_fails_the_old_one_stays(client: Client, tree: Tree, reporter: Reporter, unique: str) -> None:
    root = tree({unique: {"objects": [namespace(unique), deployment(unique, "old")]}})
    with deployments_run(client):
        assert put(root, client, reporter).ok
    tree({unique: {"objects": [namespace(unique), deployment(unique, "new")]}})
    assert not put(root, client, reporter, timeout=3).ok
    assert client.get("apps/v1", "Deployment", "old", unique) is not None
    # And it is known: a way back deletes the new one, a way forward the old one.
    with deployments_run(client):
        assert put(root, client, reporter).ok
    assert client.get("apps/v1", "Deployment", "old", unique) is None


def test_what_two_components_give_up_goes_with_the_last(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    first, second, shared = f"{unique}a", f"{unique}b", config_map("default", unique, x="1")
    root = tree({first: {"objects": [namespace(first), shared]}, second: {"objects": [namespace(second), shared]}})
    assert put(root, client, reporter).ok
    tree({first: {"objects": [namespace(first)]}})
    assert put(root, client, reporter).ok
    assert client.get("v1", "ConfigMap", unique, "default") is not None
    tree({first: {"objects": [namespace(first), shared]}})
    assert put(root, client, reporter).ok
    tree({first: {"objects": [namespace(first)]}, second: {"objects": [namespace(second)]}})
    planned = [c.ref for c in compare(client, rendered(root), "workbench") if c.action == "delete"]
    assert planned == [Ref("v1", "ConfigMap", "default", unique)]
    assert put(root, client, reporter).ok
    assert client.get("v1", "ConfigMap", unique, "default") is None


def test_what_moves_to_a_component_that_is_skipped_stays_on_record(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    giver, taker, bad, moved = f"{unique}a", f"{unique}b", f"{unique}c", config_map("default", unique, x="1")
    root = tree(
        {
            giver: {"objects": [namespace(giver), moved]},
            taker: {"objects": [namespace(taker)], "spec": {"requires": [bad]}},
            bad: {"objects": [namespace(bad)]},
        }
    )
    assert put(root, client, reporter).ok
    tree(
        {
            giver: {"objects": [namespace(giver)]},
            taker: {"objects": [namespace(taker), moved], "spec": {"requires": [bad]}},
            bad: {"objects": [namespace(bad), deployment(bad, "web")]},
        }
    )
    done = put(root, client, reporter, timeout=3)
    assert {o.component: o.result for o in done.outcomes} == {giver: "ready", bad: "failed", taker: "skipped"}
    assert client.get("v1", "ConfigMap", unique, "default") is not None
    # Whoever gives up now finds it.
    uninstall(client, [giver, taker, bad], "workbench", reporter, timeout=120)
    assert client.get("v1", "ConfigMap", unique, "default") is None


def test_a_vacated_namespace_goes_and_one_with_users_objects_stays(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """Of four that an upgrade no longer names: only the one that Slipway made and that is empty is deleted."""
    empty, used, foreign, claimed = (f"{unique}-{word}" for word in ("empty", "used", "foreign", "claimed"))
    places = (empty, used, foreign, claimed)
    client.request("POST", "/api/v1/namespaces", body=namespace(foreign), query={"fieldManager": "somebody"})
    put(tree({unique: {"objects": [*map(namespace, places), config_map(empty, "part", a="1")]}}), client, reporter)
    client.create(config_map(used, "of-a-user", a="1"))
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    metadata = {"name": "data", "namespace": claimed}
    client.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim})
    put(tree({unique: {"objects": [namespace(unique)]}}), client, reporter)

    def leaves(name: str) -> bool:
        found = client.get("v1", "Namespace", name)
        return found is None or "deletionTimestamp" in found["metadata"]

    assert {name for name in places if leaves(name)} == {empty}
    assert {ref.name for ref in load_records(client)[unique].all} == {unique, used, foreign, claimed}
