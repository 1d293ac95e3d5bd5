"""A failed build, Ctrl-C and a deadline end what runs beside it, with all that it has started: real programs."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from slipway.artifacts import graph, process, stopping, store
from slipway.artifacts.model import Artifact, Kind, Node
from slipway.errors import SlipwayError
from slipway.progress import Reporter

#: A program with a child, and a grandchild in a session of its own, as a build has.
FAMILY = "sleep 601 & echo $! >>{0}; setsid sleep 602 & echo $! >>{0}; echo $$ >>{0}; wait"
#: It does not hear the polite signal.
STUBBORN = "trap '' TERM; echo $$ >>{0}; while :; do sleep 1; done"


def node(kind: Kind, name: str, *needs: str) -> Node:
    return Node(kind, name, "0" * 64, needs)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 60 s"
        time.sleep(0.02)


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_a_failed_build_ends_the_others_with_all_their_programs(cache: Path, tmp_path: Path) -> None:
    family, said = tmp_path / "family", io.StringIO()

    def builder(item: Node) -> Artifact:
        with store.exclusive(item.id), store.workspace(item):
            log = store.log_path(item)
            if item.name == "broken":
                until(lambda: len(pids(family)) == 3)
                process.run(["sh", "-c", "echo no network; exit 1"], log=log, where=item.id)
            process.run(["sh", "-c", FAMILY.format(family)], log=log, where=item.id)
        return Artifact(item.kind, item.name, item.key, store.location(item))

    others = [node("image", "long"), node("binary", "broken"), node("image", "later", "image/long")]
    with pytest.raises(SlipwayError, match="sh failed with code 1") as caught:
        graph.run(others, builder, Reporter("plain", said))
    assert caught.value.where == "binary/broken"
    assert not any(map(runs, pids(family)))
    assert "image long" in said.getvalue()
    assert said.getvalue().count("stopped: another build has failed") == 1
    assert "later" not in said.getvalue()
    assert list((cache / "tmp").iterdir()) == []
    with store.alone("image/long") as free:
        assert free


def test_a_build_that_waits_for_another_process_is_stopped_too(cache: Path) -> None:
    (cache / "locks").mkdir(parents=True)
    with (cache / "locks" / "image-taken.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)

        def builder(item: Node) -> Artifact:
            if item.name == "broken":
                raise SlipwayError("no network", item.id)
            with store.exclusive(item.id):
                raise AssertionError("nobody gave the lock back")

        with pytest.raises(SlipwayError, match="no network"):
            graph.run([node("image", "taken"), node("binary", "broken")], builder, Reporter("plain", io.StringIO()))


def test_what_does_not_end_when_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.artifacts.processtree.end.__defaults__", (0.3,))
    stop, family, ended = stopping.Stop(), tmp_path / "pid", []

    def work() -> None:
        with stopping.listening(stop):
            try:
                process.run(["sh", "-c", STUBBORN.format(family)], log=tmp_path / "log", where="x")
            except stopping.Stopped as error:
                ended.append(error.what)

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: len(pids(family)) == 1)
    stop.set("another build has failed")
    thread.join(60)
    assert ended == ["stopped: another build has failed"]
    assert not any(map(runs, pids(family)))


def test_a_deadline_ends_the_children_too(tmp_path: Path) -> None:
    family = tmp_path / "family"
    with pytest.raises(SlipwayError, match="did not end within 2 s"):
        process.run(["sh", "-c", FAMILY.format(family)], log=tmp_path / "log", where="x", timeout=2)
    assert len(pids(family)) == 3
    assert not any(map(runs, pids(family)))


INTERRUPTED = """
import sys
from pathlib import Path
from slipway.artifacts import graph, process, store
from slipway.artifacts.model import Node
from slipway.progress import Reporter

def builder(node):
    with store.exclusive(node.id), store.workspace(node):
        process.run(["sh", "-c", sys.argv[1]], log=store.log_path(node), where=node.id)

try:
    graph.run([Node("image", "a", "0"), Node("image", "b", "0")], builder, Reporter())
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_ends_all_builds(cache: Path, tmp_path: Path) -> None:
    family = tmp_path / "family"
    command = [sys.executable, "-c", INTERRUPTED, FAMILY.format(family)]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    until(lambda: len(pids(family)) == 6)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == 130
    assert said.count("stopped: interrupted") == 2
    assert not any(map(runs, pids(family)))
    assert list((cache / "tmp").iterdir()) == []
