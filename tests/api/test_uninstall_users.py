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
from slipway.kube import Client, NotServed, Ref
from slipway.progress import Reporter
from slipway.release.applying.engine import install
from slipway.release.planning.plan import Plan
from slipway.release.removal.uninstall import uninstall
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
        # Of no other version than the stored one: nobody converts here.
        if "list" not in resource.verbs or resource.kind in RESTLESS or resource.api_version.endswith(".com/v1beta1"):
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
    client: Client
    reporter: Reporter

    def install(self) -> None:
        rendered = render(load_catalog(self.root, "test"), {}, Facts(project="workbench"), unchanged)
        plan = Plan("test", "workbench", rendered, dict.fromkeys(rendered, 120))
        done = install(plan, self.client, self.reporter)
        assert done.ok, [str(outcome.error) for outcome in done.outcomes]

    def command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        start = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(self.server.kubeconfig)]
        return [*start, *words, "--overlay", "test"], {**os.environ, "SLIPWAY_HOME": str(self.root)}

    def uninstall(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run("uninstall", *words)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Where nobody can be asked."""
        line, environment = self.command(*words)
        return subprocess.run(
            line, env=environment, cwd=self.root, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    def at_a_terminal(self, answer: str) -> Seen:
        line, environment = self.command("uninstall")
        return on_a_terminal(line, environment, self.root, interrupt=lambda text: "[y/N]" in text, keys=f"{answer}\n")


def owned(obj: Obj, owner: Obj) -> Obj:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"]}
    obj["metadata"]["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    return obj


def buoy(unique: str, group: str) -> Obj:
    """A kind of two versions, which a webhook of the platform's converts into each other."""
    made = crd(group, "Buoy")
    (stored,) = made["spec"]["versions"]
    made["spec"]["versions"] = [stored, {**stored, "name": "v1beta1", "storage": False}]
    service = {"namespace": f"{unique}-other", "name": "convert", "path": "/"}
    webhook = {"clientConfig": {"service": service}, "conversionReviewVersions": ["v1"]}
    made["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    return made


def convert(unique: str) -> Obj:
    meta = {"name": "convert", "namespace": f"{unique}-other"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": 443}]}}


@pytest.fixture
def harbour(module_server: Server, client: Client, tree: Tree, reporter: Reporter, unique: str) -> Iterator[Harbour]:
    group = f"{unique}.example.com"
    objects = [namespace(unique), crd(group, "Boat"), crd(group, "Pier"), custom(group, "Boat", unique, "ours")]
    others = [namespace(f"{unique}-other"), crd(group, "Crane"), buoy(unique, group), convert(unique)]
    parts: dict[str, dict[str, Any]] = {
        unique: {"objects": objects},
        f"{unique}-other": {"objects": others},
    }
    root = tree(parts)
    (root / "images").mkdir()
    found = Harbour(module_server, root, group, client, reporter)
    found.install()
    yield found
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
    assert "removes of Slipway's own: 1 Boat, 4 CustomResourceDefinition, 2 Namespace, 1 Service" in done.stderr
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


def users_objects(client: Client, group: str) -> dict[str, tuple[str, str]]:
    return {name: ids for name, ids in everything(client).items() if name.startswith(f"{group}/v1 ")}


@pytest.mark.usefixtures("of_users")
def test_users_objects_stay_over_an_uninstallation_and_the_next_installation(
    client: Client, harbour: Harbour, unique: str
) -> None:
    pier = Ref(f"{harbour.group}/v1", "Pier", unique, "long")
    client.patch(pier, {"metadata": {"finalizers": [f"piers.{harbour.group}/close"]}})
    client.create(custom(harbour.group, "Buoy", "default", "red"))
    before = users_objects(client, harbour.group)
    own = {f"{harbour.group}/v1 Boat {unique}/{name}" for name in ("ours", "tender")}
    all_of_it = everything(client)
    told = harbour.uninstall("--keep-custom-resources", "--dry-run")
    assert f"stays, of users: 11 Boat in default: {BOATS} and 3 more" in told.stdout
    assert f"stays: Namespace {unique}\n" in told.stdout
    assert "stays: 4 CustomResourceDefinition" in told.stdout
    assert "for good" not in told.stdout
    assert everything(client) == all_of_it

    # Nothing of users goes: nothing is asked.
    done = harbour.uninstall("--keep-custom-resources")
    assert done.returncode == 0, done.stderr
    assert "5 stay (slipway status lists them, slipway uninstall removes them)" in done.stdout
    kept = users_objects(client, harbour.group)
    assert kept == {name: ids for name, ids in before.items() if name not in own}
    assert client.get("v1", "Namespace", f"{unique}-other") is None
    # Readable in a version that is not the stored one, though nobody converts.
    assert len(client.objects(f"{harbour.group}/v1beta1", "Buoy")) == 1

    state = harbour.run("status").stdout
    assert f"kept by an uninstallation: CustomResourceDefinition boats.{harbour.group}, of {unique}, since 20" in state
    assert "; 13 objects" in state
    assert "to remove users' objects and their kinds: slipway uninstall" in state
    # The option given again removes nothing.
    assert "nothing was installed" in harbour.uninstall("--keep-custom-resources").stdout
    assert users_objects(client, harbour.group) == kept

    harbour.install()
    taken_up = users_objects(client, harbour.group)
    assert {name: ids for name, ids in taken_up.items() if name in kept} == kept
    assert set(taken_up) - set(kept) == {f"{harbour.group}/v1 Boat {unique}/ours"}
    assert "kept by an uninstallation" not in harbour.run("status").stdout
    definition = client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"buoys.{harbour.group}") or {}
    assert definition["spec"]["conversion"]["strategy"] == "Webhook"
    client.create(custom(harbour.group, "Boat", "default", "another"))
    # Its controller runs again, and takes this off.
    client.patch(pier, {"metadata": {"finalizers": []}})
    done = harbour.uninstall("--yes")
    assert done.returncode == 0, done.stderr
    assert not [name for name in everything(client) if harbour.group in name or unique in name]


@pytest.mark.usefixtures("of_users")
def test_what_was_kept_goes_later_without_its_controllers(client: Client, harbour: Harbour, unique: str) -> None:
    pier = Ref(f"{harbour.group}/v1", "Pier", unique, "long")
    client.patch(pier, {"metadata": {"finalizers": [f"piers.{harbour.group}/close"]}})
    assert harbour.uninstall("--keep-custom-resources").returncode == 0
    before = everything(client)
    asked = harbour.uninstall()
    assert asked.returncode == 2
    assert f"deletes for good, of users: 1 Pier in {unique}: long" in asked.stderr
    assert everything(client) == before
    done = harbour.uninstall("--yes")
    assert done.returncode == 0, done.stderr
    assert f"Pier {unique}/long: its controller is not installed any more" in done.stderr
    assert not [name for name in everything(client) if harbour.group in name or unique in name]


@pytest.mark.usefixtures("of_users")
def test_of_one_component_alone_the_others_go_on(client: Client, harbour: Harbour, unique: str) -> None:
    other = f"{unique}-other"
    assert harbour.uninstall(other, "--keep-custom-resources").returncode == 0
    # The other's objects are not the business of a removal of this one.
    told = json.loads(harbour.uninstall(unique, "--dry-run", "--output", "json").stdout)
    assert {row["kind"] for row in told["users"]} == {"Boat", "Pier"}
    told = json.loads(harbour.uninstall(other, "--dry-run", "--output", "json").stdout)
    assert [(row["kind"], row["names"]) for row in told["users"]] == [("Crane", ["high"])]
    assert harbour.uninstall(other, "--yes").returncode == 0
    assert f"{harbour.group}/v1 Pier {unique}/long" in everything(client)
    assert not [name for name in everything(client) if "crane" in name.lower()]


def test_data_and_custom_resources_at_once_are_refused(client: Client, harbour: Harbour) -> None:
    before = everything(client)
    done = harbour.uninstall("--delete-data", "--keep-custom-resources", "--yes")
    assert done.returncode == 2
    assert "project namespace" in done.stderr
    assert everything(client) == before
