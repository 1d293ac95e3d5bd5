"""Finished artifacts appear whole; two processes do not build one thing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from slipway.artifacts import store
from slipway.artifacts.model import Artifact, Node

NODE = Node("binary", "tool", "0" * 64)


def artifact(node: Node) -> Artifact:
    return Artifact(node.kind, node.name, node.key, store.location(node), size=3)


def finish(node: Node, content: str = "one") -> Artifact:
    with store.workspace(node) as work:
        (work / "out").mkdir()
        (work / "out" / "tool").write_text(content)
        return store.publish(artifact(node), work / "out")


def test_published_is_found(cache: Path) -> None:
    assert store.find(NODE) is None
    made = finish(NODE)
    assert store.find(NODE) == made
    assert (made.path / "tool").read_text() == "one"
    assert list((cache / "tmp").iterdir()) == []


def test_a_build_that_fails_leaves_nothing(cache: Path) -> None:
    with pytest.raises(RuntimeError), store.workspace(NODE) as work:
        (work / "out").mkdir()
        (work / "out" / "tool").write_text("half")
        raise RuntimeError
    assert store.find(NODE) is None
    assert list((cache / "tmp").iterdir()) == []


def test_a_directory_without_metadata_is_not_finished_and_is_replaced(cache: Path) -> None:
    path = store.location(NODE)
    path.mkdir(parents=True)
    (path / "tool").write_text("half")
    assert store.find(NODE) is None
    finish(NODE, "whole")
    assert (path / "tool").read_text() == "whole"


def test_the_metadata_does_not_hold_a_path(cache: Path) -> None:
    made = finish(NODE)
    text = (made.path / store.METADATA).read_text()
    assert str(cache) not in text
    assert json.loads(text)["key"] == NODE.key


def test_pruning_keeps_the_current_build_and_the_one_before(cache: Path) -> None:
    nodes = [Node("binary", "tool", str(number) * 64) for number in range(4)]
    neighbour = Node("binary", "tool-belt", "a" * 64)
    finish(neighbour)
    for node in nodes:
        finish(node)
        time.sleep(0.01)
    store.prune(nodes[3])
    assert [path.name for path in store.builds(nodes[3])] == ["tool-3333333333333333", "tool-2222222222222222"]
    assert [store.find(node) is not None for node in nodes] == [False, False, True, True]
    assert store.find(neighbour) is not None


HOLD = """
import sys, time
from slipway.artifacts import store
with store.exclusive("binary/tool"):
    open(sys.argv[1], "a").write("in\\n")
    time.sleep(0.3)
    open(sys.argv[1], "a").write("out\\n")
"""


def test_a_lock_holds_between_processes(cache: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    workers = [subprocess.Popen([sys.executable, "-c", HOLD, str(log)]) for _ in range(2)]
    assert [worker.wait(30) for worker in workers] == [0, 0]
    assert log.read_text().split() == ["in", "out", "in", "out"]


def test_what_a_killed_build_left_is_removed(cache: Path) -> None:
    rest = cache / "tmp" / "binary-tool"
    rest.mkdir(parents=True)
    (rest / "half").write_text("x")
    with store.workspace(NODE) as work:
        assert list(work.iterdir()) == []


def test_alone_says_whether_others_hold_the_lock(cache: Path) -> None:
    with store.alone("busy") as idle:
        assert idle
    with store.shared("busy"), store.shared("busy"), store.alone("busy") as idle:
        assert not idle


def test_slots_are_not_shared(cache: Path) -> None:
    with store.slot("apt") as first, store.slot("apt") as second:
        assert first != second
        (first / "kept").write_text("x")
    with store.slot("apt") as again:
        assert again == first
        assert (again / "kept").exists()
