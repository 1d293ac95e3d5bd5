"""What an uninstallation says of users' objects before they go, and that it asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, config_map, crd, custom, namespace
from api_server import Server
from slipway.catalog import load_catalog
from slipway.kube import Client, NotServed
from slipway.progress import Reporter
from slipway.release import inventory
from slipway.release.engine import install
from slipway.release.plan import Plan
from slipway.release.uninstall import uninstall
from slipway.render import Facts, render
from slipway.render.images import unchanged
from terminal import Seen, on_a_terminal

#: A cluster of this module's own: what is in it is compared before and after.
SERVER = "module_server"

Tree = Callable[..., Path]
#: What goes on by itself.
RESTLESS = {"Event", "Lease"}


def everything(client: Client) -> dict[str, tuple[str, str]]:
    """UID and resourceVersion of every object of every resource that the server serves."""
    found = {}
    for resource in client.served():
        if "list" not in resource.verbs or resource.kind in RESTLESS:
            continue
        try:
            for obj in client.objects(resource.api_version, resource.kind):
                meta = obj["metadata"]
                name = f"{resource.api_version} {resource.kind} {meta.get('namespace', '')}/{meta['name']}"
                found[name] = (meta.get("uid", ""), meta.get("resourceVersion", ""))
        except NotServed:
            continue
    return found


@dataclass(frozen=True)
class Harbour:
    """A platform with two kinds, an object of its own, and objects of users."""

    server: Server
    root: Path
    group: str

    def command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        start = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(self.server.kubeconfig)]
        return [*start, "uninstall", "--overlay", "test", *words], {**os.environ, "SLIPWAY_HOME": str(self.root)}

    def uninstall(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Where nobody can be asked."""
        line, environment = self.command(*words)
        return subprocess.run(
            line, env=environment, cwd=self.root, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    def at_a_terminal(self, answer: str) -> Seen:
        line, environment = self.command()
        return on_a_terminal(line, environment, self.root, interrupt=lambda text: "[y/N]" in text, keys=f"{answer}\n")


def owned(obj: Obj, owner: Obj) -> Obj:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"]}
    obj["metadata"]["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    return obj


@pytest.fixture
def harbour(module_server: Server, client: Client, tree: Tree, reporter: Reporter, unique: str) -> Iterator[Harbour]:
    group = f"{unique}.example.com"
    objects = [namespace(unique), crd(group, "Boat"), crd(group, "Pier"), custom(group, "Boat", unique, "ours")]
    parts: dict[str, dict[str, Any]] = {
        unique: {"objects": objects},
        f"{unique}-other": {"objects": [namespace(f"{unique}-other"), crd(group, "Crane")]},
    }
    root = tree(parts)
    (root / "images").mkdir()
    rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
    done = install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, 120)), client, reporter)
    assert done.ok, [str(outcome.error) for outcome in done.outcomes]
    yield Harbour(module_server, root, group)
    if inventory.load_records(client):
        uninstall(client, (), "workbench", reporter, timeout=120, delete_data=True)


@pytest.fixture
def of_users(client: Client, harbour: Harbour, unique: str) -> None:
    """Eleven boats, a pier with two boats of its own, a crane; and a boat that our own one made."""
    for number in range(11):
        client.create(custom(harbour.group, "Boat", "default", f"boat-{number:02}"))
    pier = client.create(custom(harbour.group, "Pier", unique, "long"))
    for name in ("left", "right"):
        client.create(owned(custom(harbour.group, "Boat", unique, name), pier))
    client.create(custom(harbour.group, "Crane", "default", "high"))
    ours = client.get(f"{harbour.group}/v1", "Boat", "ours", unique) or {}
    client.create(owned(custom(harbour.group, "Boat", unique, "tender"), ours))


BOATS = ", ".join(f"boat-{number:02}" for number in range(8))


@pytest.mark.usefixtures("of_users")
def test_users_objects_are_listed_and_nothing_goes_unasked(client: Client, harbour: Harbour, unique: str) -> None:
    before = everything(client)
    asked = harbour.uninstall()
    assert asked.returncode == 2
    lines = [line for line in asked.stderr.splitlines() if line.startswith("deletes for good")]
    assert lines == [
        f"deletes for good, of users: 11 Boat in default: {BOATS} and 3 more",
        "deletes for good, of users: 1 Crane in default: high",
        f"deletes for good, of users: 1 Pier in {unique}: long",
        f"deletes for good, of users: 2 Boat in {unique}, made by objects listed here",
    ]
    assert f"removes {unique}, {unique}-other" in asked.stderr
    assert f"removes the namespaces {unique}, {unique}-other with everything in them" in asked.stderr
    assert "nothing was changed" in asked.stderr
    assert "--yes" in asked.stderr
    assert everything(client) == before
    done = harbour.uninstall("--yes")
    assert done.returncode == 0, done.stderr
    # Who reads the log of a run that asked nothing finds it, too.
    assert f"of users: 11 Boat in default: {BOATS} and 3 more" in done.stderr
    assert not [name for name in everything(client) if harbour.group in name or unique in name]


@pytest.mark.usefixtures("of_users")
def test_a_dry_run_tells_all_and_changes_nothing(client: Client, harbour: Harbour, unique: str) -> None:
    before = everything(client)
    told = harbour.uninstall(unique, "--dry-run")
    assert told.returncode == 0, told.stderr
    assert f"deletes for good, of users: 1 Pier in {unique}: long" in told.stdout
    assert "Crane" not in told.stdout
    assert f"stays installed: {unique}-other" in told.stdout
    assert told.stdout.endswith("nothing was changed\n")
    value = json.loads(harbour.uninstall("--dry-run", "--output", "json").stdout)
    assert value["asks"] is True
    assert value["components"] == [unique, f"{unique}-other"]
    assert [(row["kind"], row["namespace"], len(row["names"]), row["dependents"]) for row in value["users"]] == [
        ("Boat", "default", 11, 0),
        ("Crane", "default", 1, 0),
        ("Pier", unique, 1, 0),
        ("Boat", unique, 0, 2),
    ]
    assert {"apiVersion": "v1", "kind": "Namespace", "namespace": "", "name": unique} in value["objects"]
    assert everything(client) == before
    # Who forgets --dry-run is not taken at half of his word.
    assert harbour.uninstall("--yes", "--output", "json").returncode == 2
    assert everything(client) == before


@pytest.mark.usefixtures("of_users")
def test_at_a_terminal_the_answer_decides(client: Client, harbour: Harbour, unique: str) -> None:
    before = everything(client)
    refused = harbour.at_a_terminal("n")
    assert refused.code == 1, refused.text
    assert f"1 Pier in {unique}: long" in refused.text
    assert "nothing was changed" in refused.text
    assert everything(client) == before
    done = harbour.at_a_terminal("y")
    assert done.code == 0, done.text
    assert client.get("v1", "Namespace", unique) is None


def test_where_nothing_of_users_goes_nothing_is_asked(client: Client, harbour: Harbour, unique: str) -> None:
    client.create(config_map("default", f"of-a-user-{unique}"))
    done = harbour.uninstall()
    assert done.returncode == 0, done.stderr
    assert "removes of Slipway's own: 1 Boat, 3 CustomResourceDefinition, 2 Namespace" in done.stderr
    assert "deletes for good" not in done.stderr
    assert client.get("v1", "ConfigMap", f"of-a-user-{unique}", "default") is not None
    told = harbour.uninstall("--dry-run")
    assert told.stdout == "nothing is installed\nnothing was changed\n"


def test_objects_of_kinds_that_stay_go_with_their_namespace(client: Client, harbour: Harbour, unique: str) -> None:
    client.create(custom(harbour.group, "Crane", unique, "high"))
    asked = harbour.uninstall(unique)
    assert asked.returncode == 2
    assert f"deletes for good, of users: 1 Crane in {unique}: high" in asked.stderr
    assert client.get(f"{harbour.group}/v1", "Crane", "high", unique) is not None
