"""SIGTERM, and a terminal that is closed: an installer ends as it does by Ctrl-C, and the next one goes on."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from api_objects import config_map, deployment, namespace
from api_server import Server
from eventually import eventually
from killing import deployments_run
from slipway.kube import Client, Ref
from slipway.release.state import inventory, journal, lock, revisions

SERVER = "module_server"
NAME = "signalled"
WEB = Ref("apps/v1", "Deployment", NAME, "web")
ENDS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


class Place:
    """A tree of one component whose Deployment never becomes ready by itself."""

    def __init__(self, server: Server, root: Path) -> None:
        self.client, self.root = server.client, root
        (root / "images").mkdir(exist_ok=True)
        self.line = [sys.executable, "-m", "slipway.cli.main", "--kubeconfig", str(server.kubeconfig)]
        self.environment = {**os.environ, "SLIPWAY_HOME": str(root)}

    def start(self, *words: str, **streams: Any) -> subprocess.Popen[str]:
        line = [*self.line, *words, "--overlay", "test"]
        return subprocess.Popen(line, env=self.environment, cwd=self.root, text=True, **streams)

    def into(self, stream: IO[str], *words: str) -> subprocess.Popen[str]:
        """What it says goes into a file, which can be read meanwhile."""
        return self.start(*words, stdout=stream, stderr=subprocess.STDOUT)

    def done(self, *words: str) -> None:
        process = self.start(*words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said


@pytest.fixture
def place(module_server: Server, tree: Callable[..., Path]) -> Iterator[Place]:
    objects = [namespace(NAME), config_map(NAME, "a"), deployment(NAME, "web")]
    found = Place(module_server, tree({NAME: {"objects": objects}}))
    yield found
    for obj in found.client.objects("v1", "ConfigMap", NAME):
        found.client.patch(Ref("v1", "ConfigMap", NAME, obj["metadata"]["name"]), {"metadata": {"finalizers": None}})
    found.done("uninstall")


def free(client: Client) -> bool:
    return client.get(lock.REF.api_version, lock.REF.kind, lock.REF.name, lock.REF.namespace) is None


def check_closed(client: Client) -> None:
    """The lock is free, and the history tells at once what became of it."""
    assert free(client)
    assert [entry.state for entry in revisions.entries(client)] == ["interrupted"]
    assert inventory.load_records(client)[NAME].state == "installing"


def check_goes_on(place: Place) -> None:
    with deployments_run(place.client):
        place.done("install")
    assert [entry.state for entry in revisions.entries(place.client)] == ["interrupted", "deployed"]


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_an_installation(place: Place, number: signal.Signals, code: int) -> None:
    said = place.root / "said"
    with said.open("w") as stream:
        process = place.into(stream, "install")
        eventually(lambda: f"waiting for {WEB}" in said.read_text(), "it waits")
        process.send_signal(number)
        assert process.wait(120) == code, said.read_text()
    by = "" if number == signal.SIGINT else f" by {number.name}"
    assert f"✗ interrupted{by}; run it again to go on" in said.read_text()
    assert "Traceback" not in said.read_text()
    assert journal.runs()[-1].ended == ("KeyboardInterrupt" if number == signal.SIGINT else f"Ended: {number.name}")
    check_closed(place.client)
    check_goes_on(place)


def test_signals_that_come_twice(place: Place) -> None:
    """A terminal that closes sends SIGHUP, and so does its shell; a supervisor may ask again."""
    said = place.root / "said"
    with said.open("w") as stream:
        process = place.into(stream, "install")
        eventually(lambda: f"waiting for {WEB}" in said.read_text(), "it waits")
        for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM):
            process.send_signal(number)
            time.sleep(0.05)
        assert process.wait(120) == 129, said.read_text()
    assert "Traceback" not in said.read_text()
    check_closed(place.client)


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_terminal_that_is_closed(place: Place, term: str) -> None:
    """Nobody is there to be told anything, and every write fails from now on."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(place.root)
        line = [*place.line, "install", "--overlay", "test"]
        os.execvpe(line[0], line, {**place.environment, "TERM": term})
    seen = b""
    while b"Deployment" not in seen:
        seen += os.read(terminal, 4096)
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 129
    check_closed(place.client)
    check_goes_on(place)


def test_under_nohup_the_end_of_the_terminal_ends_nothing(place: Place) -> None:
    said = place.root / "said"
    with said.open("w") as stream:
        process = place.start(
            "install", stdout=stream, stderr=stream, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        )
        eventually(lambda: f"waiting for {WEB}" in said.read_text(), "it waits")
        process.send_signal(signal.SIGHUP)
        with deployments_run(place.client):
            assert process.wait(120) == 0, said.read_text()


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_a_removal(place: Place, number: signal.Signals, code: int) -> None:
    with deployments_run(place.client):
        place.done("install")
    held = Ref("v1", "ConfigMap", NAME, "a")
    place.client.patch(held, {"metadata": {"finalizers": ["example.com/held"]}})
    said = place.root / "said"
    with said.open("w") as stream:
        process = place.into(stream, "uninstall")
        eventually(lambda: "held by example.com/held" in said.read_text(), "it waits")
        assert not free(place.client)
        process.send_signal(number)
        assert process.wait(120) == code, said.read_text()
    assert "run it again to go on" in said.read_text()
    assert "Traceback" not in said.read_text()
    assert free(place.client)
    place.client.patch(held, {"metadata": {"finalizers": None}})
    place.done("uninstall")
    assert inventory.load_records(place.client) == {}
