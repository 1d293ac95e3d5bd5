"""Ctrl-C: the installation stops cleanly, says how to go on, and the next run does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from api_objects import config_map, deployment, namespace
from api_server import Server
from eventually import eventually
from killing import deployments_run
from slipway.progress import Reporter
from slipway.release.state import inventory, lock, revisions
from slipway.release.state.namespace import NAMESPACE

Tree = Callable[..., Path]


def test_ctrl_c_stops_cleanly(module_server: Server, tree: Tree, unique: str) -> None:
    client = module_server.client
    first, second = f"{unique}-a", f"{unique}-b"
    parts = {
        first: {"objects": [namespace(first), config_map(first, "a")]},
        second: {"objects": [namespace(second), deployment(second, "web")], "spec": {"requires": [first]}},
    }
    root = tree(parts)
    (root / "images").mkdir()
    command = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(module_server.kubeconfig)]
    command += ["--progress", "plain", "install", "--overlay", "test"]
    environment = {**os.environ, "SLIPWAY_HOME": str(root)}
    said = root / "said"
    with said.open("w") as stream:
        process = subprocess.Popen(command, env=environment, cwd=root, stdout=stream, stderr=subprocess.STDOUT)
        eventually(lambda: f"waiting for Deployment {second}/web" in said.read_text(), "it waits")
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 130
    text = said.read_text()
    assert "interrupted; run it again to go on" in text
    assert "Traceback" not in text
    # The lock is free, and the history tells at once what became of it.
    assert client.get(lock.REF.api_version, lock.REF.kind, lock.REF.name, lock.REF.namespace) is None
    assert [entry.state for entry in revisions.entries(client)] == ["interrupted"]
    states = {name: record.state for name, record in inventory.load_records(client).items()}
    assert states == {first: "ready", second: "installing"}
    with deployments_run(client):
        again = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert [entry.state for entry in revisions.entries(client)] == ["interrupted", "deployed"]
    assert {record.state for record in inventory.load_records(client).values()} == {"ready"}


def test_a_lock_that_somebody_else_took_meanwhile_is_left_to_him(module_server: Server) -> None:
    """It ran out while the server was away."""
    client = module_server.client
    client.apply(namespace(NAMESPACE))
    with lock.installer(client, Reporter()):
        client.patch(lock.REF, {"spec": {"holderIdentity": "other@elsewhere, process 1 begun at 2-3"}})
    found = client.get(lock.REF.api_version, lock.REF.kind, lock.REF.name, lock.REF.namespace)
    assert found is not None
    assert found["spec"]["holderIdentity"].startswith("other@")
    client.delete(lock.REF)
