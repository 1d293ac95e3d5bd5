"""An installer that is killed or interrupted: what it leaves behind is known, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from api_objects import config_map, deployment, namespace
from api_server import Server
from eventually import eventually
from slipway.kube import Client, Ref
from slipway.release.state import inventory, journal

Tree = Callable[..., Path]


def start(server: Server, root: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "SLIPWAY_HOME": str(root)}
    command = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig)]
    return subprocess.Popen(
        [*command, *words],
        env=environment,
        cwd=root,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(client: Client, ref: Ref) -> None:
    for _ in range(300):
        if client.get(ref.api_version, ref.kind, ref.name, ref.namespace):
            return
        time.sleep(0.1)
    raise AssertionError(f"{ref} did not appear")


def said_by(process: subprocess.Popen[str], component: str) -> str:
    """The last that a running installer has put down about a component."""
    return "".join(run.last.get(component, "") for run in journal.runs() if str(process.pid) in run.path.name)


def make_ready(client: Client, place: str) -> None:
    """What the Deployment controller would do."""
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    client.patch(Ref("apps/v1", "Deployment", place, "web"), {"status": status}, subresource="status")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_the_next_run_goes_on(
    module_server: Server, tree: Tree, unique: str, number: signal.Signals, code: int
) -> None:
    client = module_server.client
    (tree({unique: {"objects": [namespace(unique), config_map(unique, "a"), deployment(unique, "web")]}}))
    root = tree({})
    (root / "images").mkdir()
    first = start(module_server, root, "install", "--overlay", "test")
    wait_for(client, Ref("apps/v1", "Deployment", unique, "web"))
    waiting = f"waiting for Deployment {unique}/web"
    eventually(lambda: waiting in said_by(first, unique), "the installer waits")
    first.send_signal(number)
    _, shown = first.communicate(timeout=30)
    assert first.returncode == code
    assert "Traceback" not in shown
    if number == signal.SIGINT:
        assert "interrupted; run it again to go on" in shown
    record = inventory.load_records(client)[unique]
    assert record.state == "installing"
    assert Ref("apps/v1", "Deployment", unique, "web") in record.objects
    make_ready(client, unique)
    (kept,) = [run for run in journal.runs() if run.server == client.server and str(first.pid) in run.path.name]
    assert kept.killed == (number == signal.SIGKILL)
    assert kept.ended == ("" if number == signal.SIGKILL else "KeyboardInterrupt")
    second = start(module_server, root, "install", "--overlay", "test", "--output", "json")
    told, shown = second.communicate(timeout=60)
    assert second.returncode == 0, shown
    assert '"result": "ready"' in told
    if number == signal.SIGKILL:
        assert "the last install, begun 20" in shown
        assert "was killed; this one goes on" in shown
        assert f"it was at {unique}: {waiting}" in shown
    assert journal.runs()[-1].ended == "done"
    third = start(module_server, root, "install", "--overlay", "test")
    told, _ = third.communicate(timeout=60)
    assert "nothing to do: 1 components are installed and ready" in told
    listed = start(module_server, root, "status", unique, "--overlay", "test")
    told, _ = listed.communicate(timeout=60)
    assert listed.returncode == 0
    assert f" {unique} " in told
    removed = start(module_server, root, "uninstall", unique, "--overlay", "test")
    told, shown = removed.communicate(timeout=60)
    assert removed.returncode == 0, shown
    assert client.get("v1", "Namespace", unique) is None
