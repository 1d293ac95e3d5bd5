"""An uninstallation of everything: few questions, all namespaces together, and found again when it was killed last."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from api_objects import config_map, namespace
from api_server import Server
from eventually import eventually
from killing import KILLED, Runner, running, write
from slipway.errors import BadInput, SlipwayError
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.removal import terminating
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory
from slipway.release.state.namespace import NAMESPACE

#: A cluster of this module's own: the inventory goes, too.
SERVER = "module_server"

MANY = 40


@pytest.fixture
def runner(module_server: Server, tmp_path: Path) -> Iterator[Runner]:
    with running(module_server.kubeconfig, tmp_path) as found:
        yield found


def installed(runner: Runner, directory: Path, unique: str) -> list[str]:
    """Two components with many objects each, one upon the other. Their namespaces."""
    places = [unique, f"{unique}-above"]

    def account(place: str, number: int) -> dict[str, object]:
        return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"a{number}", "namespace": place}}

    parts = {
        place: {
            "objects": [
                namespace(place),
                *(config_map(place, f"part-{number}") for number in range(MANY)),
                *(account(place, number) for number in range(MANY)),
            ],
            "spec": {"requires": places[: places.index(place)]},
        }
        for place in places
    }
    runner.done("install", write(directory / "tree", parts))
    return places


def status(server: Server, *arguments: str) -> str:
    """What `slipway status` prints."""
    command = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig), "status", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_what_is_asked_grows_with_the_kinds_not_with_the_objects(
    client: Client, runner: Runner, tmp_path: Path, unique: str
) -> None:
    places = installed(runner, tmp_path, unique)
    runner.done("uninstall")
    asked = runner.requests()
    assert asked.count("DELETE configmaps") == asked.count("DELETE serviceaccounts") == MANY * len(places)
    # The server's answer to the deletion tells that it is gone; of accounts it does not, and they are listed.
    # The records are listed twice; once all objects, to see whose they are.
    assert asked.count("GET configmaps") <= 3
    assert 1 <= asked.count("GET serviceaccounts") < MANY / 2
    for place in (*places, NAMESPACE):
        assert client.get("v1", "Namespace", place) is None


def test_killed_when_only_namespaces_are_left(
    client: Client, module_server: Server, runner: Runner, reporter: Reporter, tmp_path: Path, unique: str
) -> None:
    """Nothing remembers the components but their namespaces, one of which a user's object holds up."""
    places = installed(runner, tmp_path, unique)
    held = config_map(places[1], "of-a-user")
    held["metadata"]["finalizers"] = ["example.com/never"]
    client.create(held)
    assert runner.run("uninstall", at="DELETE namespaces/slipway", sent=True) == KILLED
    assert inventory.load_records(client) == {}
    assert {item.ref.name: item.components for item in terminating.find(client)}[places[1]] == (places[1],)
    with pytest.raises(BadInput, match="'another' is not installed"):
        uninstall(client, ["another"], "workbench", reporter, timeout=1)

    def named() -> bool:
        with pytest.raises(SlipwayError) as caught:
            uninstall(client, [places[1]], "workbench", reporter, timeout=1)
        return f"ConfigMap {places[1]}/of-a-user is left, held by example.com/never" in str(caught.value)

    eventually(named, "what holds the namespace up is named")
    listed = status(module_server, "--output", "json")
    (entry,) = [item for item in json.loads(listed)["ending"] if item["namespace"] == places[1]]
    assert entry["components"] == [places[1]]
    assert "held by example.com/never" in entry["held"]
    assert f"… still ends: Namespace {places[1]}: " in status(module_server, places[1])
    client.patch(Ref("v1", "ConfigMap", places[1], "of-a-user"), {"metadata": {"finalizers": []}})
    removal = uninstall(client, (), "workbench", reporter, timeout=120)
    assert Ref("v1", "Namespace", "", places[1]) in removal.refs
    for place in (*places, NAMESPACE):
        assert client.get("v1", "Namespace", place) is None


def test_a_namespace_made_anew_is_not_one_that_ends(client: Client, reporter: Reporter, unique: str) -> None:
    """Who copies a namespace with its mark, or makes it anew, has one of its own."""
    made = namespace(unique)
    made["metadata"] |= {"labels": {terminating.LABEL: "0123"}, "annotations": {terminating.OF: unique}}
    client.create(made)
    assert terminating.find(client) == []
    assert uninstall(client, (), "workbench", reporter, timeout=30).refs == ()
    found = client.get("v1", "Namespace", unique)
    assert found is not None
    assert "deletionTimestamp" not in found["metadata"]
    client.delete(Ref("v1", "Namespace", "", unique))
