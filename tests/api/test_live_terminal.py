"""The real command on a real terminal: one line a component, the slowest at the end, and Ctrl-C as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from api_objects import config_map, deployment, namespace
from api_server import Server
from eventually import eventually
from slipway.kube import Client, Ref
from slipway.release.state import inventory, revisions
from terminal import on_a_terminal

Tree = Callable[..., Path]
LEFT_OUT = ("COLUMNS", "LINES", "KUBECONFIG")


def environment(root: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
    return {**kept, "SLIPWAY_HOME": str(root), "TERM": "xterm"}


def command(server: Server, *words: str) -> list[str]:
    return [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig), *words]


def make_ready(client: Client, place: str) -> None:
    """What the Deployment controller would do."""
    ref = Ref("apps/v1", "Deployment", place, "web")
    eventually(lambda: client.get(ref.api_version, ref.kind, ref.name, ref.namespace), "the Deployment")
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    client.patch(ref, {"status": status}, subresource="status")


def test_ctrl_c_and_the_next_run(module_server: Server, tree: Tree, unique: str) -> None:
    client, above = module_server.client, f"{unique}-above"
    root = tree(
        {
            unique: {"objects": [namespace(unique), config_map(unique, "a"), deployment(unique, "web")]},
            above: {"objects": [namespace(above), config_map(above, "a")], "spec": {"requires": [unique]}},
        }
    )
    (root / "images").mkdir()
    install = command(module_server, "install", "--overlay", "test")
    line = f"{unique}        waiting  Deployment {unique}/web: the controller has not seen it yet"
    seen = on_a_terminal(install, environment(root), root, interrupt=lambda text: line in text)
    assert seen.code == 130, seen.text
    assert "Traceback" not in seen.text
    frame = next(frame for frame in seen.frames if line in frame).splitlines()
    assert [row.split()[:2] for row in frame if row.startswith("  ")] == [[unique, "waiting"], [above, "pending"]]
    assert " s of " in next(row for row in frame if line in row)
    assert f"after {unique}" in next(row for row in frame if "pending" in row)
    assert f"! stopping: {unique}" in seen.text
    assert seen.cursor_is_back
    assert seen.ending.strip() == "✗ interrupted; run it again to go on"
    assert inventory.load_records(client)[unique].state == "installing"
    assert revisions.entries(client)[-1].state == "interrupted"
    assert client.get("v1", "Namespace", above) is None

    thread = threading.Thread(target=make_ready, args=(client, unique))
    thread.start()
    again = on_a_terminal(install, environment(root), root)
    thread.join()
    assert again.code == 0, again.text
    stays = again.ending.splitlines()
    assert any(row.split()[:2] == ["✓", unique] for row in stays), stays
    assert stays[-1].startswith("slowest: ")
    assert again.cursor_is_back


def test_scripts_get_events(module_server: Server, tree: Tree, unique: str) -> None:
    above = f"{unique}-above"
    root = tree(
        {
            unique: {"objects": [namespace(unique), {**config_map(unique, "A B"), "kind": "ConfigMap"}]},
            above: {"objects": [namespace(above)], "spec": {"requires": [unique]}},
        }
    )
    (root / "images").mkdir()
    words = command(module_server, "--progress", "json", "install", "--overlay", "test", "--output", "json")
    done = subprocess.run(words, env=environment(root), cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stderr.splitlines()]
    states = [(event["subject"], event["state"]) for event in events if event.get("subject") in (unique, above)]
    assert states[0] == (above, "pending")
    assert (unique, "installing") in states
    assert states[-2:] == [(unique, "failed"), (above, "skipped")]
    failed = next(event for event in events if event.get("state") == "failed")
    assert "Invalid value" in failed["error"]
    assert failed["seconds"] >= 0
    told = {each["component"]: each for each in json.loads(done.stdout)["components"]}
    assert told[above]["result"] == "skipped"
    assert told[above]["why"] == f"it requires {unique}"
