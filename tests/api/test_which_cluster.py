"""Which cluster a command goes to, with two real ones: the one that is said, and no other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_objects import config_map, namespace
from api_server import Server, running
from eventually import eventually
from slipway.kube import Client, Ref
from slipway.release.state import inventory
from slipway.release.state.namespace import NAMESPACE

Tree = Callable[..., Path]

#: The clusters in which this module's tests are.
SERVER = "module_server"

#: The command with this machine's cluster at another place: what is under test shall never reach a real one.
START = """
import sys
from pathlib import Path
from slipway import paths
paths.KUBECONFIG = Path(sys.argv.pop(1))
from slipway.cli.main import main
main()
"""


@dataclass
class Place:
    """Two clusters: ``own`` is the embedded one of the machine, ``other`` somebody else's."""

    own: Server
    other: Server
    home: Path
    root: Path
    admin: Path

    def slipway(self, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
        """The command, with this $KUBECONFIG ("": none)."""
        left = {name: value for name, value in os.environ.items() if not name.startswith("KUBE")}
        environment = {**left, "SLIPWAY_HOME": str(self.root), "HOME": str(self.home)}
        if said:
            environment["KUBECONFIG"] = said
        return subprocess.run(
            [sys.executable, "-c", START, str(self.admin), *words],
            env=environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def install(self, server: Server, overlay: str, *words: str) -> None:
        done = self.slipway("install", "--overlay", overlay, "--kubeconfig", str(server.kubeconfig), *words)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("other")) as found:
        yield found


@pytest.fixture
def place(module_server: Server, other_server: Server, tree: Tree, tmp_path: Path, unique: str) -> Iterator[Place]:
    root = tree({unique: {"objects": [namespace(unique), config_map(unique, "part")]}})
    shutil.copytree(root / "overlays/test", root / "overlays/embedded")
    (root / "overlays/embedded/overlay.yaml").write_text("cluster: embedded\n")
    (root / "images").mkdir(exist_ok=True)
    home, admin = tmp_path / "home", tmp_path / "kubernetes/admin.conf"
    home.mkdir()
    admin.parent.mkdir()
    admin.write_text(module_server.kubeconfig.read_text())
    yield Place(module_server, other_server, home, root, admin)
    for server in (module_server, other_server):
        for name in (NAMESPACE, unique):
            server.client.delete(Ref("v1", "Namespace", "", name))
        for name in (NAMESPACE, unique):
            wait_until_gone(server.client, name)


def wait_until_gone(client: Client, name: str) -> None:
    eventually(lambda: client.get("v1", "Namespace", name) is None, "its namespace is gone")


def installed(server: Server, name: str) -> bool:
    return server.client.get("v1", "ConfigMap", "part", name) is not None


def server_of(value: str) -> Any:
    return json.loads(value[value.index("{") :])["to"]["server"]


def test_uninstall_with_another_kubeconfig_never_touches_this_machines(place: Place, unique: str) -> None:
    """The reported fault: KUBECONFIG named another cluster, and the embedded one went."""
    place.install(place.own, "embedded")
    said = str(place.other.kubeconfig)
    for words in (["uninstall"], ["uninstall", "--yes", "--delete-data"], ["install"], ["upgrade"], ["rollback"]):
        done = place.slipway(*words, said=said)
        assert done.returncode == 2, done.stderr
        assert place.other.client.server in done.stderr
        assert f"KUBECONFIG={said}" in done.stderr
        assert "--overlay NAME" in done.stderr
        assert "unset KUBECONFIG" in done.stderr
    assert installed(place.own, unique)
    assert place.other.client.get("v1", "Namespace", NAMESPACE) is None
    # For the overlay of clusters that exist it goes where KUBECONFIG says.
    place.slipway("uninstall", "--overlay", "test", said=said)
    assert installed(place.own, unique)


def test_this_machines_cluster_when_nothing_else_is_said(place: Place, unique: str) -> None:
    # Neither the usual file nor anything else wins over it.
    usual = place.home / ".kube/config"
    usual.parent.mkdir()
    usual.write_text(place.other.kubeconfig.read_text())
    done = place.slipway("status", "--output", "json")
    assert done.returncode == 1
    place.install(place.own, "embedded")
    done = place.slipway("status", "--output", "json")
    assert json.loads(done.stdout)["overlay"] == "embedded", done.stderr
    # A copy of the administrator's kubeconfig names the same cluster.
    done = place.slipway("uninstall", said=str(place.own.kubeconfig))
    assert done.returncode == 0, done.stderr
    assert not installed(place.own, unique)
    # Of another overlay, the usual file counts.
    done = place.slipway("install", "--overlay", "test", "--output", "json")
    assert server_of(done.stdout) == place.other.client.server
    assert installed(place.other, unique)


def test_merged_files_and_contexts_also_after_the_command(place: Place, tmp_path: Path, unique: str) -> None:
    files = []
    for name, server in (("one", place.own), ("two", place.other)):
        document = yaml.safe_load(server.kubeconfig.read_text())
        entry = document["contexts"][0]
        for kind in ("cluster", "user"):
            document[f"{kind}s"][0]["name"] = entry["context"][kind] = f"{kind}-{name}"
        entry["name"] = document["current-context"] = name
        files.append(tmp_path / name)
        files[-1].write_text(yaml.safe_dump(document))
    said = f"{files[0]}:{files[1]}"
    done = place.slipway("install", "--overlay", "test", "--context", "two", "--output", "json", said=said)
    assert done.returncode == 0, done.stderr
    assert f"writes to: context two, server {place.other.client.server}, nothing is installed yet" in done.stderr
    assert json.loads(done.stdout)["to"] == {"context": "two", "server": place.other.client.server}
    assert installed(place.other, unique)
    assert not installed(place.own, unique)
    # Before the command, too, and the first file's current context without.
    done = place.slipway("--context", "two", "--progress", "json", "uninstall", "--overlay", "test", said=said)
    assert "release 1 of overlay test" in json.loads(done.stderr.splitlines()[0])["text"]
    assert not installed(place.other, unique)
    done = place.slipway("install", "--overlay", "test", "--output", "json", said=said)
    assert json.loads(done.stdout)["to"]["context"] == "one"
    done = place.slipway("install", "--overlay", "test", "--context", "three", said=said)
    assert done.returncode == 1
    assert "no context 'three'; there is: one, two" in done.stderr


def test_another_overlay_or_project_is_refused_by_name(place: Place, unique: str) -> None:
    place.install(place.other, "test")
    to = ["--kubeconfig", str(place.other.kubeconfig)]
    for command in ("install", "upgrade", "rollback", "uninstall", "plan"):
        done = place.slipway(command, *to, "--overlay", "embedded")
        told = done.stdout + done.stderr
        assert done.returncode == (1 if command == "plan" else 2), told
        assert "what is installed is of the overlay 'test', not 'embedded'" in told
        assert "--overlay test" in told
    for command in ("install", "uninstall"):
        done = place.slipway(command, *to, "--overlay", "test", "--set", "project.namespace=mine")
        assert done.returncode == 2, done.stderr
        assert "what is installed is for the project 'workbench', not 'mine'" in done.stderr
        assert "--set project.namespace=workbench" in done.stderr
    assert installed(place.other, unique)


def test_the_release_remembers_its_cluster(place: Place, unique: str) -> None:
    place.install(place.other, "test")
    client, words = place.other.client, ["--overlay", "test", "--kubeconfig", str(place.other.kubeconfig)]
    uid = client.get("v1", "Namespace", "kube-system")["metadata"]["uid"]  # type: ignore[index]
    assert inventory.load_release(client).cluster == uid

    def write(cluster: str) -> None:
        body = {"data": {"cluster": cluster}}
        path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{inventory.RELEASE}"
        client.request("PATCH", path, body=body, content_type="application/merge-patch+json")

    write("of-another")
    for command in ("install", "uninstall"):
        done = place.slipway(command, *words)
        assert done.returncode == 2, done.stderr
        assert f"UID {uid} here, of-another there" in done.stderr
        assert "restored from a backup" in done.stderr
    assert installed(place.other, unique)
    # As earlier versions wrote it, and as the remedy has it: taken as it is, and completed.
    write("")
    done = place.slipway("install", "--reapply", *words)
    assert done.returncode == 0, done.stderr
    assert inventory.load_release(client).cluster == uid
