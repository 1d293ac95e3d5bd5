"""Damaged records in a real cluster: every command says what is damaged, an install repairs it, uninstall takes all."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api_objects import config_map, namespace
from api_server import Server
from slipway.kube import Client, Ref
from slipway.release import inventory, revisions
from slipway.release.inventory import NAMESPACE
from slipway.render.labels import SELECTOR

#: A cluster of this module's own: its components alone are installed in it.
SERVER = "module_server"
NAME = "boats"
RECORD = Ref("v1", "ConfigMap", NAMESPACE, f"component-{NAME}")
RELEASE = Ref("v1", "ConfigMap", NAMESPACE, "release")
FOREIGN = ["v1", "ConfigMap", "default", "foreign"]
DEEP = "[" * 5000

#: What is done to a record, as a merge patch, and what is said of it.
RECORDS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing in it": ({"data": None}, "objects is missing"),
    "truncated": ({"data": {"objects": '[["v1","Namesp'}}, "objects is no JSON"),
    "of another type": ({"data": {"objects": '{"a": 1}'}}, "objects is no list"),
    "entries of another type": ({"data": {"objects": '[["v1"], 5, null]'}}, "3 of 3 entries cannot be read"),
    "nested without end": ({"data": {"settings": DEEP}}, "settings is no JSON"),
    "no number": ({"data": {"seconds": "soon"}}, "seconds is 'soon'"),
    "unknown state": ({"data": {"state": "sailing"}}, "state is 'sailing'"),
    "no version": ({"data": {"version": None}}, "version is missing"),
    "other objects": ({"data": {"objects": json.dumps([FOREIGN])}}, "it is not as it was written"),
    "without its labels": ({"metadata": {"labels": None}, "data": {"requires": "true"}}, "requires is no list"),
}
RELEASES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing in it": ({"data": None}, "overlay is missing"),
    "no number": ({"data": {"revision": "three"}}, "revision is 'three'"),
    "of another type": ({"data": {"components": "[1, 2]", "smoke": "-1"}}, "components is no mapping"),
}


def packed(data: bytes) -> dict[str, Any]:
    return {"data": {"revision": base64.b64encode(data).decode()}}


REVISIONS: dict[str, dict[str, Any]] = {
    "nothing in it": {"data": None},
    "truncated": packed(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03mSM"),
    "no archive": packed(b"what?"),
    "no parts": {"metadata": {"annotations": {"slipway.dev/parts": None}}},
    "another number": {
        "metadata": {"labels": {"slipway.dev/revision": "x"}, "annotations": {"slipway.dev/parts": "2"}}
    },
    "no state": {"metadata": {"labels": {"slipway.dev/state": None}, "annotations": {"slipway.dev/seconds": "soon"}}},
}


class Command:
    """``slipway`` in a tree of one component."""

    def __init__(self, server: Server, root: Path) -> None:
        (root / "images").mkdir(exist_ok=True)
        self.start = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig)]
        self.root, self.environment = root, {**os.environ, "SLIPWAY_HOME": str(root)}

    def __call__(self, *words: str, code: int = 0) -> str:
        """All that it says."""
        done = subprocess.run(
            [*self.start, *words, "--overlay", "test"], env=self.environment, cwd=self.root, text=True,
            capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said


@pytest.fixture
def slipway(module_server: Server, tree: Callable[..., Path], client: Client) -> Command:
    """With the component installed: a namespace, a ConfigMap and a generated Secret. Somebody has a ConfigMap, too."""
    secret = {"name": "login", "namespace": NAME, "keys": {"password": {"random": 20}}}
    root = tree({NAME: {"objects": [namespace(NAME), config_map(NAME, "a")], "spec": {"secrets": [secret]}}})
    command = Command(module_server, root)
    client.apply({**config_map("default", "foreign"), "data": {}}, manager="kubectl")
    command("install")
    return command


def ours(client: Client) -> list[str]:
    """What is there of the component."""
    kinds = ("Namespace", "ConfigMap", "Secret")
    found = [obj for kind in kinds for obj in client.objects("v1", kind, labels=SELECTOR)]
    return sorted(o["kind"] for o in found if NAMESPACE not in (o["metadata"]["name"], o["metadata"].get("namespace")))


@pytest.mark.parametrize("variant", RECORDS)
def test_a_record(slipway: Command, client: Client, variant: str) -> None:
    damage, said = RECORDS[variant]
    before = client.get(RECORD.api_version, RECORD.kind, RECORD.name, RECORD.namespace)
    assert before is not None
    client.patch(RECORD, damage)
    assert said in slipway("status", code=1)
    assert said in slipway("plan")
    assert said in slipway("doctor", "--only", "records", code=1)
    assert said in slipway("install")
    after = client.get(RECORD.api_version, RECORD.kind, RECORD.name, RECORD.namespace)
    assert after is not None
    assert after["data"]["objects"] == before["data"]["objects"]
    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    assert f"{NAME}" in slipway("status")
    client.patch(RECORD, damage)
    # The Secret was generated, and is on the list of what goes, as is everything else.
    told = slipway("uninstall", "--yes")
    assert "its objects are found by their marks" in told
    assert ours(client) == []
    assert client.get("v1", "ConfigMap", "foreign", "default")


@pytest.mark.parametrize("variant", RELEASES)
def test_the_release(slipway: Command, client: Client, variant: str) -> None:
    damage, said = RELEASES[variant]
    number = inventory.load_release(client).revision
    client.patch(RELEASE, damage)
    assert said in slipway("status")
    assert said in slipway("plan")
    slipway("history")
    assert said in slipway("install")
    assert (inventory.load_release(client).revision, inventory.load_release(client).damage) == (number, ())
    assert "nothing to do" in slipway("install")
    client.patch(RELEASE, damage)
    slipway("uninstall")
    assert ours(client) == []


def test_a_release_that_is_lost_is_written_again(slipway: Command, client: Client) -> None:
    number = inventory.load_release(client).revision
    client.delete(RELEASE)
    slipway("install")
    assert inventory.load_release(client).revision == number
    slipway("uninstall")


@pytest.mark.parametrize("variant", REVISIONS)
def test_a_revision(slipway: Command, client: Client, variant: str) -> None:
    slipway("install", "--reapply")
    number = revisions.entries(client)[-1].number
    client.patch(Ref("v1", "Secret", NAMESPACE, revisions.store.name(number)), REVISIONS[variant])
    slipway("history")
    slipway("status")
    slipway("plan")
    if variant != "no state":
        assert f"revision {number}" in slipway("get", "manifests", code=1)
        assert "choose another revision" in slipway("rollback", str(number), code=1)
    # The one before can still be gone back to, and the next one is whole.
    slipway("rollback", str(number - 1))
    slipway("install", "--reapply")
    last = revisions.entries(client)[-1]
    assert (last.damage, last.state) == ((), "deployed")
    assert revisions.load(client, last.number).components
    slipway("uninstall")
    assert ours(client) == []
