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
from slipway.release.state import inventory, revisions
from slipway.release.state.namespace import NAMESPACE
from slipway.render.labels import SELECTOR

#: A cluster of this module's own: its components alone are installed in it.
SERVER = "module_server"
NAME = "boats"
RELEASE = Ref("v1", "ConfigMap", NAMESPACE, "release")
FOREIGN = ["v1", "ConfigMap", "default", "foreign"]
DEEP = "[" * 5000

#: What is done to a record, as a merge patch, and what is said of it.
RECORDS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing in it": ({"data": None}, "objects is missing"),
    "truncated": ({"data": {"objects": '[["v1","Namesp'}}, "objects is not JSON"),
    "of another type": ({"data": {"objects": '{"a": 1}'}}, "objects is not a list"),
    "entries of another type": ({"data": {"objects": '[["v1"], 5, null]'}}, "3 of 3 entries cannot be read"),
    "nested without end": ({"data": {"settings": DEEP}}, "settings is not JSON"),
    "no number": ({"data": {"seconds": "soon"}}, "seconds is 'soon'"),
    "unknown state": ({"data": {"state": "sailing"}}, "state is 'sailing'"),
    "no version": ({"data": {"version": None}}, "version is missing"),
    "other objects": ({"data": {"objects": json.dumps([FOREIGN])}}, "it is not as it was written"),
    "without its labels": ({"metadata": {"labels": None}, "data": {"requires": "true"}}, "requires is not a list"),
}
RELEASES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing in it": ({"data": None}, "overlay is missing"),
    "no number": ({"data": {"revision": "three"}}, "revision is 'three'"),
    "of another type": ({"data": {"components": "[1, 2]", "smoke": "-1"}}, "components is not a mapping"),
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
def slipway(module_server: Server, tree: Callable[..., Path], client: Client) -> Callable[..., Command]:
    """Makes the command with components installed: each a namespace, a ConfigMap and a generated Secret, which is for
    nobody else. Somebody has a ConfigMap, too."""

    def make(*names: str) -> Command:
        root = tree({name: parts(name) for name in names})
        command = Command(module_server, root)
        client.apply({**config_map("default", "foreign"), "data": {}}, manager="kubectl")
        command("install")
        return command

    return make


def parts(name: str) -> dict[str, Any]:
    secret = {"name": "login", "namespace": name, "keys": {"password": {"random": 20}}}
    return {"objects": [namespace(name), config_map(name, "a")], "spec": {"secrets": [secret]}}


def ours(client: Client) -> list[str]:
    """What is there of the components."""
    kinds = ("Namespace", "ConfigMap", "Secret")
    found = [obj for kind in kinds for obj in client.objects("v1", kind, labels=SELECTOR)]
    return sorted(o["kind"] for o in found if NAMESPACE not in (o["metadata"]["name"], o["metadata"].get("namespace")))


def about(said: str, name: str) -> str:
    """The lines that name a component."""
    return "\n".join(line for line in said.splitlines() if name in line)


def test_records(slipway: Callable[..., Command], client: Client) -> None:
    """Each component's record has a damage of its own, all at once: what is said of one is said beside its name."""
    names = {variant: f"{NAME}-{number}" for number, variant in enumerate(RECORDS)}
    run = slipway(*names.values())
    refs = {variant: Ref("v1", "ConfigMap", NAMESPACE, f"component-{name}") for variant, name in names.items()}
    before = {variant: found(client, ref) for variant, ref in refs.items()}

    def damage() -> None:
        for variant, ref in refs.items():
            client.patch(ref, RECORDS[variant][0])

    damage()
    commands = {"status": 1, "plan": 0, "doctor --only records": 1, "install": 0}
    said = {words: run(*words.split(), code=code) for words, code in commands.items()}
    missing = [
        (words, variant)
        for words, text in said.items()
        for variant, name in names.items()
        if RECORDS[variant][1] not in about(text, name)
    ]
    assert missing == []
    for variant, ref in refs.items():
        after = found(client, ref)
        assert after["data"]["objects"] == before[variant]["data"]["objects"], variant
        assert after["metadata"]["labels"] == before[variant]["metadata"]["labels"], variant
    assert all(name in run("status") for name in names.values())
    damage()
    # The Secrets were generated, and are on the list of what goes, as is everything else.
    told = run("uninstall", "--yes")
    assert "its objects are found by their marks" in told
    assert ours(client) == []
    assert client.get("v1", "ConfigMap", "foreign", "default")


def found(client: Client, ref: Ref) -> Any:
    obj = client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    assert obj is not None, ref
    return obj


def test_the_release(slipway: Callable[..., Command], client: Client) -> None:
    run = slipway(NAME)
    for damage, said in RELEASES.values():
        number = inventory.load_release(client).revision
        client.patch(RELEASE, damage)
        assert said in run("status")
        assert said in run("plan")
        run("history")
        assert said in run("install")
        assert (inventory.load_release(client).revision, inventory.load_release(client).damage) == (number, ())
    assert "nothing to do" in run("install")
    client.delete(RELEASE)
    run("install")
    assert inventory.load_release(client).revision == number
    for damage, _ in RELEASES.values():
        client.patch(RELEASE, damage)
        run("uninstall")
        assert ours(client) == []
        run("install")
    run("uninstall")


def test_revisions(slipway: Callable[..., Command], client: Client) -> None:
    """A whole one, then one of each damage, and the last one, which is damaged, too."""
    run, numbers = slipway(NAME), {}
    whole = revisions.entries(client)[-1].number
    for variant in REVISIONS:
        run("install", "--reapply")
        numbers[variant] = revisions.entries(client)[-1].number
    for variant, number in numbers.items():
        client.patch(Ref("v1", "Secret", NAMESPACE, revisions.store.name(number)), REVISIONS[variant])
    for command in ("history", "status", "plan"):
        run(command)
    for variant, number in numbers.items():
        if variant != "no state":
            assert f"revision {number}" in run("get", "manifests", str(number), code=1)
            assert "choose another revision" in run("rollback", str(number), code=1)
    # The one before can still be gone back to, and the next one is whole.
    run("rollback", str(whole))
    run("install", "--reapply")
    last = revisions.entries(client)[-1]
    assert (last.damage, last.state) == ((), "deployed")
    assert revisions.load(client, last.number).components
    run("uninstall")
    assert ours(client) == []
