"""Builds run after what they need, side by side where they can, and stop after a failure."""

from __future__ import annotations

import io
import threading

import pytest
from slipway.artifacts import graph
from slipway.artifacts.model import Artifact, Kind, Node
from slipway.errors import SlipwayError
from slipway.progress import Reporter


def node(kind: Kind, name: str, *needs: str) -> Node:
    return Node(kind, name, "0" * 64, needs)


NODES = {
    item.id: item
    for item in (
        node("binary", "tools"),
        node("image", "base"),
        node("image", "app", "image/base", "binary/tools"),
        node("image", "top", "image/app"),
        node("image", "alone"),
    )
}


def made(item: Node) -> Artifact:
    from pathlib import Path

    return Artifact(item.kind, item.name, item.key, Path("/nowhere"))


def quiet() -> Reporter:
    return Reporter(stream=io.StringIO())


def test_the_closure_has_needs_first_and_nothing_else() -> None:
    names = [item.id for item in graph.closure(NODES, ["image/top", "image/base"])]
    assert names == ["image/base", "binary/tools", "image/app", "image/top"]


def test_needs_are_finished_before(cache: object) -> None:
    finished: list[str] = []
    lock = threading.Lock()

    def builder(item: Node) -> Artifact:
        with lock:
            assert set(item.needs) <= set(finished)
        result = made(item)
        with lock:
            finished.append(item.id)
        return result

    result = graph.run(graph.closure(NODES, NODES), builder, quiet())
    assert set(result) == set(NODES) == set(finished)


def test_independent_builds_run_at_the_same_time(cache: object) -> None:
    together = threading.Barrier(2, timeout=10)

    def builder(item: Node) -> Artifact:
        together.wait()  # fails unless both are running
        return made(item)

    graph.run([NODES["image/base"], NODES["image/alone"]], builder, quiet())


def test_no_more_than_the_limit_of_a_kind_run_at_once(cache: object) -> None:
    running, most = 0, 0
    lock, pause = threading.Lock(), threading.Event()

    def builder(item: Node) -> Artifact:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        pause.wait(0.05)
        with lock:
            running -= 1
        return made(item)

    graph.run([node("binary", f"b{number}") for number in range(6)], builder, quiet())
    assert most == graph.AT_ONCE["binary"]


def test_builds_that_wait_for_their_turn_take_no_place_of_another_kind(cache: object) -> None:
    together = threading.Barrier(1 + graph.AT_ONCE["image"], timeout=10)
    first = {"b0", "i0", "i1"}

    def builder(item: Node) -> Artifact:
        if item.name in first:
            together.wait()  # fails unless an image of each place runs beside the first binary
        return made(item)

    binaries = [node("binary", f"b{number}") for number in range(9)]
    graph.run([*binaries, node("image", "i0"), node("image", "i1")], builder, quiet())


def test_after_a_failure_nothing_that_needs_it_is_built(cache: object) -> None:
    started: list[str] = []

    def builder(item: Node) -> Artifact:
        started.append(item.id)
        if item.id == "image/base":
            raise SlipwayError("the mirror is away", item.id)
        return made(item)

    reporter = quiet()
    with pytest.raises(SlipwayError, match="the mirror is away"):
        graph.run(graph.closure(NODES, ["image/top"]), builder, reporter)
    assert "image/app" not in started
    assert ("image base", False) in [(timing.name, timing.ok) for timing in reporter.timings]
