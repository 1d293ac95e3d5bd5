"""plan, get, upgrade as commands: exit codes, colours, JSON; secrets in none of them; refusals before any change."""

from __future__ import annotations

import base64
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_objects import Obj, config_map, crd, custom, deployment, namespace
from api_server import Server
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.release.removal.uninstall import uninstall
from slipway.release.state import inventory
from slipway.release.state.namespace import NAMESPACE

#: A cluster of this module's own: its components alone are installed in it.
SERVER = "module_server"

Tree = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_stays(client: Client) -> Iterator[None]:
    """Each test begins without components."""
    yield
    if inventory.load_records(client):
        uninstall(client, (), "workbench", Reporter(), timeout=120, delete_data=True)


class Command:
    """``slipway`` in a tree, against the module's server."""

    def __init__(self, server: Server, root: Path) -> None:
        (root / "images").mkdir(exist_ok=True)
        self.start = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig)]
        self.root, self.environment = root, {**os.environ, "SLIPWAY_HOME": str(root)}

    def __call__(self, *words: str, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        line = [*self.start, *words, "--overlay", "test"]
        environment = {**self.environment, **more}
        done = subprocess.run(
            line, env=environment, cwd=self.root, text=True, capture_output=True, stdin=subprocess.DEVNULL
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--output", "json", code=code).stdout)


def secret(place: str, password: str) -> Obj:
    meta = {"name": "key", "namespace": place, "annotations": {"example.com/note": "1"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"password": password}}


def service(place: str, port: int) -> Obj:
    spec = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": place}, "spec": spec}


def hidden(text: str, *values: str) -> None:
    """None of the values, nor what they are as base64."""
    for value in values:
        assert value not in text
        assert base64.b64encode(value.encode()).decode().rstrip("=") not in text


def test_from_an_empty_cluster_to_a_change(module_server: Server, client: Client, tree: Tree, unique: str) -> None:
    group = f"{unique}.example.com"
    kind, boat = crd(group, "Boat"), custom(group, "Boat", unique, "one")
    parts = [namespace(unique), kind, boat, config_map(unique, "a", x="1")]
    root = tree({unique: {"objects": [*parts, secret(unique, "first-word"), service(unique, 80)]}})
    slipway = Command(module_server, root)

    # Nothing there: neither the kind nor the namespace; the server cannot be asked, and it is said.
    empty = slipway("plan", "--detailed-exitcode", code=2).stdout
    assert f"+ {unique}: Boat {unique}/one  (guessed: the kind's CRD is not established" in empty
    assert f"+ {unique}: ConfigMap {unique}/a  (guessed: the namespace is being created" in empty
    assert f"+ {unique}: Namespace {unique}\n" in empty
    assert "6 to create; 0 as they are; 4 guessed" in empty
    value = slipway.json("diff")
    assert value["summary"] == {"create": 6, "objects": 6}
    assert {row["kind"] for row in value["changes"] if row["guess"]} == {"Boat", "ConfigMap", "Secret", "Service"}
    hidden(empty + json.dumps(value), "first-word")
    assert client.get("v1", "Namespace", unique) is None
    assert client.get("v1", "Namespace", NAMESPACE) is None

    slipway("install")
    assert "nothing to do; 6 as they are" in slipway("plan", "--detailed-exitcode").stdout
    # What others own, and what the server fills in, is not ours to change.
    ref = Ref("v1", "ConfigMap", unique, "a")
    client.patch(
        ref, {"metadata": {"annotations": {"kubectl.kubernetes.io/note": "theirs"}}, "data": {"more": "theirs"}}
    )
    last = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(secret(unique, "first-word"))}
    client.patch(Ref("v1", "Secret", unique, "key"), {"metadata": {"annotations": last}})
    live = client.get("v1", "Service", "web", unique) or {}
    assert live["spec"]["clusterIP"]
    assert slipway("plan", "--detailed-exitcode").stdout == "nothing to do; 6 as they are\n"

    changed = secret(unique, "second-word")
    changed["metadata"]["annotations"]["example.com/note"] = "2"
    tree({unique: {"objects": [*parts[:3], config_map(unique, "a", x="2"), changed, service(unique, 81)]}})
    text = slipway("plan", "--detailed-exitcode", code=2).stdout
    assert "\x1b[" not in text  # no terminal, no colours
    assert "-  x: '1'" in text
    assert "+  x: '2'" in text
    assert "+  password: (hidden, another value)" in text
    assert "3 to change; 3 as they are" in text
    rows = {row["kind"]: row for row in slipway.json("plan")["changes"]}
    fields = {kind: {field["path"] for field in row["fields"]} for kind, row in rows.items()}
    assert fields["ConfigMap"] == {"data.x"}
    assert fields["Service"] >= {"spec.ports[name=http].port"}
    assert not any("clusterIP" in path or path.startswith("status") for path in fields["Service"])
    assert fields["Secret"] == {"data.password", "metadata.annotations.[example.com/note]"}
    hidden(text + json.dumps(list(rows.values())), "first-word", "second-word")
    slipway("install")

    # What the revisions hold is printed without values, too.
    for number in ("1", "2"):
        printed = slipway("get", "manifests", number).stdout
        assert any(obj["kind"] == "Secret" for obj in yaml.safe_load_all(printed))
        hidden(printed, "first-word", "second-word")
    stored = yaml.safe_load(slipway("get", "config", "2").stdout)
    assert stored["given"] == {"overlay": "test"}
    listed = yaml.safe_load(slipway("get", "inventory", "2").stdout)
    assert f"Boat {unique}/one" in listed["objects"][unique]
    slipway("get", "manifests", "99", code=2)
    drifted = client.patch(ref, {"data": {"x": "by hand"}})
    assert drifted["data"]["x"] == "by hand"
    client.patch(Ref("v1", "Secret", unique, "key"), {"stringData": {"password": "third-word"}})
    told = slipway("status", "--drift").stdout
    assert "data.x: 'by hand' instead of '2'" in told
    assert "    data.password" in told
    hidden(told + json.dumps(slipway.json("status", "--drift")), "second-word", "third-word")


def test_colours_at_a_terminal(module_server: Server, tree: Tree, unique: str) -> None:
    slipway = Command(module_server, tree({unique: {"objects": [namespace(unique)]}}))
    ours, theirs = pty.openpty()
    line = [*slipway.start, "plan", "--overlay", "test"]
    subprocess.run(
        line, env=slipway.environment, cwd=slipway.root, stdout=theirs, stderr=subprocess.DEVNULL, check=True
    )
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\x1b[32m\x1b[1m+ " in text


def test_exit_codes(module_server: Server, client: Client, tree: Tree, unique: str) -> None:
    slipway = Command(module_server, tree({unique: {"objects": [namespace(unique)]}}))
    slipway("plan")
    slipway("plan", "--detailed-exitcode", code=2)
    # 2 says that there are changes, so that nothing else may.
    slipway("plan", "no-such-component", code=2)
    slipway("plan", "no-such-component", "--detailed-exitcode", code=1)
    bad = deployment(unique, "web")
    bad["spec"]["template"]["metadata"]["labels"] = {"app": "another"}
    client.apply(namespace(unique))
    tree({unique: {"objects": [bad]}})
    refused = slipway("plan", "--detailed-exitcode", code=1).stdout
    assert f"✗ {unique}: Deployment {unique}/web" in refused
    assert "selector" in refused
    assert f"manifests/{unique}/1.0/objects.yaml" in refused
    # Object, file, field, the server's message and a remedy, at once.
    failed = slipway("install", code=1)
    assert f"component {unique}: Deployment {unique}/web (manifests/{unique}/1.0/objects.yaml): " in failed.stderr
    assert "spec.template.metadata.labels" in failed.stderr
    assert "correct the manifest" in failed.stderr
    client.delete(Ref("v1", "Namespace", "", unique))


def test_a_refused_upgrade_is_seen_in_the_plan(module_server: Server, client: Client, tree: Tree, unique: str) -> None:
    group = f"{unique}.example.com"
    first = crd(group, "Boat")
    slipway = Command(module_server, tree({unique: {"objects": [namespace(unique), first]}}))
    assert "nothing is installed here" in slipway("upgrade", code=2).stderr
    slipway("install", unique)
    client.create(custom(group, "Boat", unique, "one"))
    (version,) = first["spec"]["versions"]
    second = {**first, "spec": {**first["spec"], "versions": [{**version, "name": "v2"}]}}
    tree({unique: {"objects": [namespace(unique), second]}})
    text = slipway("plan", unique, code=1).stdout
    assert f"✗ {unique}: CustomResourceDefinition boats.{group}: objects are stored as v1" in text
    assert "it would be refused" in text
    assert slipway.json("plan", unique, code=1)["refused"]
    before = client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boats.{group}") or {}
    failed = slipway("upgrade", "--component", unique, code=1).stderr
    assert "nothing was changed" in failed
    assert "status.storedVersions" in failed
    after = client.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", f"boats.{group}") or {}
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
