"""Definitions of what is new come first, all at once; of what is installed, in their turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, config_map, crd, custom, deployment, namespace
from api_server import Server
from killing import KILLED, Runner, check_ledger, deployments_run, running, state, write
from slipway.catalog import load_catalog
from slipway.kube import Client
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.plan import Plan
from slipway.release.state import inventory
from slipway.render import Facts, render
from slipway.render.images import unchanged

#: A cluster of this module's own: histories and records are looked at.
SERVER = "module_server"

Tree = Callable[..., Path]
API = "apiextensions.k8s.io/v1"


def plan(root: Path, **timeouts: float) -> Plan:
    rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
    return Plan("test", "workbench", rendered, dict.fromkeys(rendered, 60.0) | timeouts)


def results(done: Installation) -> dict[str, str]:
    return {outcome.component: outcome.result for outcome in done.outcomes}


def definition(client: Client, group: str) -> Obj | None:
    return client.get(API, "CustomResourceDefinition", f"boats.{group}")


def test_what_is_skipped_has_its_definitions_on_record(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    below, above, group = unique, f"{unique}-above", f"{unique}.example.com"
    brings = [namespace(above), crd(group, "Boat"), custom(group, "Boat", above, "one")]
    user = {"objects": brings, "spec": {"requires": [below]}}
    root = tree({below: {"objects": [namespace(below), deployment(below, "web")]}, above: user})
    done = install(plan(root, **{below: 2.0}), client, reporter)
    assert results(done) == {below: "failed", above: "skipped"}
    found = definition(client, group)
    assert found is not None
    assert found["metadata"]["labels"]["slipway.dev/component"] == above
    assert client.get("v1", "Namespace", above) is None
    record = inventory.load_records(client)[above]
    assert (record.state, record.message) == ("failed", f"skipped: it requires {below}")
    assert "CustomResourceDefinition" in {ref.kind for ref in record.objects}
    with deployments_run(client):
        assert install(plan(root), client, reporter).ok
    assert client.get(f"{group}/v1", "Boat", "one", above) is not None


def test_a_definition_that_is_refused_fails_alone_and_at_once(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    slow, bad, above, other = (f"{unique}-{name}" for name in ("slow", "bad", "above", "other"))
    wrong = crd(f"{bad}.example.com", "Boat")
    wrong["spec"]["names"]["plural"] = "ships"
    group = f"{other}.example.com"
    root = tree(
        {
            slow: {"objects": [namespace(slow), deployment(slow, "web")]},
            bad: {"objects": [namespace(bad), wrong], "spec": {"requires": [slow]}},
            above: {"objects": [namespace(above)], "spec": {"requires": [bad]}},
            other: {"objects": [namespace(other), crd(group, "Boat"), custom(group, "Boat", other, "one")]},
        }
    )
    done = install(plan(root, **{slow: 5.0}), client, reporter)
    # It would have been skipped, had its turn been waited for.
    assert results(done) == {slow: "failed", bad: "failed", above: "skipped", other: "ready"}
    error = next(outcome.error for outcome in done.outcomes if outcome.component == bad)
    assert f"CustomResourceDefinition boats.{bad}.example.com" in str(error)
    assert "objects.yaml" in str(error)
    assert "spec.names.plural" in str(error)
    assert client.get("v1", "Namespace", bad) is None
    assert inventory.load_records(client)[bad].state == "failed"


def test_what_is_installed_gets_its_new_definitions_in_its_turn(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    below, above, group = unique, f"{unique}-above", f"{unique}.example.com"

    def edition(number: str) -> dict[str, dict[str, Any]]:
        kind = crd(group, "Boat")
        kind["metadata"]["annotations"] = {"example.com/edition": number}
        image = f"slipway.local/base:{number}"
        return {
            below: {"objects": [namespace(below), deployment(below, "web", image)]},
            above: {"objects": [kind], "spec": {"requires": [below]}},
        }

    with deployments_run(client):
        assert install(plan(tree(edition("1"))), client, reporter).ok
    done = install(plan(tree(edition("2")), **{below: 2.0}), client, reporter)
    assert results(done) == {below: "failed", above: "skipped"}
    found = definition(client, group)
    assert found is not None
    assert found["metadata"]["annotations"]["example.com/edition"] == "1"
    assert inventory.load_records(client)[above].state == "ready"


@pytest.fixture
def runner(module_server: Server, tmp_path: Path) -> Iterator[Runner]:
    with running(module_server.kubeconfig, tmp_path) as found, deployments_run(module_server.client):
        yield found


def parts(unique: str) -> dict[str, dict[str, Any]]:
    below, above, last = unique, f"{unique}-above", f"{unique}-last"
    group = f"{unique}.example.com"
    boat, kinds = custom(group, "Boat", last, "one"), [crd(group, kind) for kind in ("Boat", "Pier")]
    return {
        below: {"objects": [namespace(below), deployment(below, "web")]},
        above: {"objects": [*kinds, config_map(below, "part")], "spec": {"requires": [below]}},
        last: {
            "objects": [namespace(last), crd(f"{last}.example.com", "Crane"), boat],
            "spec": {"requires": [above]},
        },
    }


def test_killed_between_the_definitions_and_the_rest(
    client: Client, runner: Runner, tmp_path: Path, unique: str
) -> None:
    root, kinds = write(tmp_path / "tree", parts(unique)), {(API, "CustomResourceDefinition"), ("v1", "ConfigMap")}
    kinds |= {("apps/v1", "Deployment"), (f"{unique}.example.com/v1", "Boat"), ("v1", "Namespace")}
    # What the tests before this one have left.
    runner.done("uninstall")
    runner.done("install", root)
    wanted, asked = state(client, kinds), runner.requests()
    patched = [line for line in asked if line.startswith("PATCH")]
    assert patched.index("PATCH boats") > max(
        number for number, line in enumerate(patched) if line == "PATCH customresourcedefinitions"
    )
    runner.done("uninstall")
    assert state(client, kinds) == {}

    # What may be there is on record before it is, and goes with an uninstallation.
    assert runner.run("install", root, at="PATCH customresourcedefinitions", sent=True) == KILLED
    recorded = {ref.name for record in inventory.load_records(client).values() for ref in record.objects}
    there = {
        obj["metadata"]["name"]
        for obj in client.objects(API, "CustomResourceDefinition", labels="slipway.dev/component")
    }
    assert there
    assert there <= recorded
    runner.done("uninstall")
    assert state(client, kinds) == {}

    for nth, sent in ((1, False), (3, True)):
        assert runner.run("install", root, at="PATCH customresourcedefinitions", nth=nth, sent=sent) == KILLED
        runner.done("install", root)
        assert state(client, kinds) == wanted, (nth, sent)
        check_ledger(client, 10)
        runner.done("uninstall")
