"""A backup of one cluster, brought back in another: users' objects with their states, and what was generated."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, config_map, crd, custom, namespace
from api_server import Server
from slipway.backup import marker
from slipway.backup.archive import reading
from slipway.backup.restore import check, objects
from slipway.catalog import load_catalog
from slipway.kube import Client, ref_of
from slipway.progress import Reporter
from slipway.render import Facts, render
from slipway.render.images import unchanged

SERVER = "module_server"
WORDS = "correct horse battery"

Tree = Callable[..., Path]


@dataclass(frozen=True)
class Harbour:
    root: Path
    group: str
    file: Path

    def slipway(self, server: Server, *words: str, passphrase: str = WORDS) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "slipway.cli.main", *words]
        cluster = [] if "show" in words else ["--kubeconfig", str(server.kubeconfig), "--overlay", "test"]
        environment = {**os.environ, "SLIPWAY_HOME": str(self.root), "SLIPWAY_BACKUP_PASSPHRASE": passphrase}
        return subprocess.run(
            [*line, *cluster], env=environment, cwd=self.root, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )

    def done(self, server: Server, *words: str) -> str:
        done = self.slipway(server, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout


def with_status(made: Obj) -> Obj:
    """A kind whose state is written apart."""
    (version,) = made["spec"]["versions"]
    version["subresources"] = {"status": {}}
    version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
    return made


def free(made: Obj) -> Obj:
    """A kind whose state comes with the object."""
    (version,) = made["spec"]["versions"]
    version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"] = True
    return made


def owned(obj: Obj, owner: Obj) -> Obj:
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"]}
    obj["metadata"]["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    return obj


@pytest.fixture
def harbour(tree: Tree, unique: str, tmp_path: Path) -> Harbour:
    group = f"{unique}.example.com"
    secrets = [
        {
            "name": "login",
            "namespace": unique,
            "keys": {"username": {"literal": "slipway"}, "password": {"random": 24}},
        },
        {"name": "derived", "namespace": unique, "kind": "htpasswd", "from": f"{unique}/login"},
    ]
    things = [namespace(unique), namespace("workbench"), with_status(crd(group, "Boat")), free(crd(group, "Pier"))]
    root = tree({unique: {"objects": [*things, custom(group, "Boat", unique, "ours")], "spec": {"secrets": secrets}}})
    (root / "images").mkdir()
    return Harbour(root, group, tmp_path / "monday.backup")


def fill(client: Client, harbour: Harbour) -> None:
    """A pier that has ended, with a boat of its own that has, too; another boat, in a namespace of a user's own."""
    own = harbour.group.partition(".")[0]
    pier = custom(harbour.group, "Pier", "workbench", "long")
    pier["metadata"] |= {"labels": {"who": "me"}, "annotations": {"note": "mine"}}
    made = client.create({**pier, "status": {"phase": "Succeeded"}})
    boat = client.create(owned(custom(harbour.group, "Boat", "workbench", "tender"), made))
    client.patch(ref_of(boat), {"status": {"phase": "Sunk", "at": 7}}, subresource="status")
    client.apply(namespace(f"{own}-mine"))
    client.create(custom(harbour.group, "Boat", f"{own}-mine", "away", 3))
    client.create(config_map("workbench", f"{own}-note"))


def seen(client: Client, harbour: Harbour, kind: str, place: str, name: str) -> dict[str, Any]:
    found = client.get(f"{harbour.group}/v1", kind, name, place)
    assert found is not None
    meta = found["metadata"]
    owners = [(owner["kind"], owner["name"]) for owner in meta.get("ownerReferences") or []]
    kept = {key: meta.get(key) for key in ("labels", "annotations", "finalizers")}
    return {"spec": found["spec"], "status": found.get("status"), "owners": owners, **kept}


def password(client: Client, place: str) -> bytes:
    found = client.get("v1", "Secret", "login", place) or {}
    return base64.b64decode(found["data"]["password"])


def test_all_of_users_comes_back_in_another_cluster(
    module_server: Server, fresh_server: Server, harbour: Harbour, unique: str
) -> None:
    here, there = module_server.client, fresh_server.client
    harbour.done(module_server, "install")
    fill(here, harbour)
    told = harbour.done(module_server, "backup", "create", str(harbour.file))
    assert "users' objects: 2 Boat, 1 Pier" in told
    assert told.partition("\n")[2] == harbour.done(module_server, "backup", "show", str(harbour.file))
    secret = password(here, unique)
    assert secret not in harbour.file.read_bytes()

    refused = harbour.slipway(fresh_server, "backup", "restore", str(harbour.file), passphrase="wrong horse battery")
    assert (refused.returncode, "cannot be opened" in refused.stderr) == (2, True)
    assert there.get("v1", "Namespace", "workbench") is None
    assert "nothing was changed" in harbour.done(fresh_server, "backup", "restore", str(harbour.file), "--dry-run")
    assert there.get("v1", "Namespace", "workbench") is None

    assert "restored: 3 objects" in harbour.done(fresh_server, "backup", "restore", str(harbour.file))
    names = (("Pier", "workbench", "long"), ("Boat", "workbench", "tender"), ("Boat", f"{unique}-mine", "away"))
    for kind, place, name in names:
        assert seen(there, harbour, kind, place, name) == seen(here, harbour, kind, place, name)
    tender = there.get(f"{harbour.group}/v1", "Boat", "tender", "workbench") or {}
    pier = there.get(f"{harbour.group}/v1", "Pier", "long", "workbench") or {}
    assert tender["metadata"]["ownerReferences"][0]["uid"] == pier["metadata"]["uid"]
    assert password(there, unique) == secret
    assert there.get("v1", "Secret", "derived", unique) is not None
    assert there.get(f"{harbour.group}/v1", "Boat", "ours", unique) is not None
    assert there.get("v1", "ConfigMap", f"{unique}-note", "workbench") is None
    assert marker.read(there) is None
    # What is installed is a platform like every other.
    assert "nothing to do" in harbour.done(fresh_server, "install")
    again = harbour.slipway(fresh_server, "backup", "restore", str(harbour.file))
    assert (again.returncode, "a platform is installed" in again.stderr) == (2, True)
    harbour.done(module_server, "uninstall", "--yes", "--delete-data")


def test_an_interrupted_restoration_is_gone_on_with(
    module_server: Server, fresh_server: Server, harbour: Harbour, unique: str, reporter: Reporter
) -> None:
    harbour.done(module_server, "install")
    fill(module_server.client, harbour)
    harbour.done(module_server, "backup", "create", str(harbour.file))
    there = fresh_server.client
    rendered = render(load_catalog(harbour.root, "test"), {}, Facts(project="workbench"), unchanged)
    with reading(harbour.file, WORDS) as archive:
        begun = check(there, archive, rendered, "workbench")
        sent, request = 0, there.request

        def failing(method: str, path: str, **more: Any) -> Any:
            nonlocal sent
            sent += method == "POST" and harbour.group in path
            if sent == 2:
                raise RuntimeError("the power went off")
            return request(method, path, **more)

        there.request = failing  # type: ignore[method-assign]
        with pytest.raises(RuntimeError):
            objects(there, archive, begun, rendered, reporter)
        there.request = request  # type: ignore[method-assign]
    harbour.done(fresh_server, "backup", "restore", str(harbour.file))
    assert seen(there, harbour, "Boat", "workbench", "tender")["status"] == {"phase": "Sunk", "at": 7}
    assert seen(there, harbour, "Boat", "workbench", "tender")["owners"] == [("Pier", "long")]
    harbour.done(module_server, "uninstall", "--yes", "--delete-data")


def test_what_is_there_is_never_overwritten(module_server: Server, harbour: Harbour, unique: str) -> None:
    harbour.done(module_server, "install")
    fill(module_server.client, harbour)
    harbour.done(module_server, "backup", "create", str(harbour.file))
    harbour.done(module_server, "uninstall", "--keep-custom-resources")
    refused = harbour.slipway(module_server, "backup", "restore", str(harbour.file))
    assert refused.returncode == 2
    assert "is there already: " in refused.stderr
    assert f"Boat {unique}-mine/away" in refused.stderr
    other = harbour.slipway(module_server, "backup", "restore", str(harbour.file), "--set", "project.namespace=dock")
    assert (other.returncode, "of the project 'workbench', not 'dock'" in other.stderr) == (2, True)
    harbour.done(module_server, "uninstall", "--yes")


def test_where_nothing_is_installed_there_is_nothing_to_back_up(module_server: Server, harbour: Harbour) -> None:
    refused = harbour.slipway(module_server, "backup", "create", str(harbour.file))
    assert (refused.returncode, "nothing is installed here" in refused.stderr) == (2, True)
    assert not harbour.file.exists()


def test_a_claim_that_is_not_there_is_named(module_server: Server, harbour: Harbour) -> None:
    harbour.done(module_server, "install")
    refused = harbour.slipway(module_server, "backup", "create", str(harbour.file), "--claims", "workbench/nothing")
    assert (refused.returncode, "there is no claim workbench/nothing" in refused.stderr) == (2, True)
    assert not harbour.file.exists()
    harbour.done(module_server, "uninstall", "--yes", "--delete-data")
