"""Which builds run next, how long they are expected to take, and what remains."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from slipway.artifacts import api, estimate, expected, schedule, store
from slipway.artifacts.estimate import Running
from slipway.artifacts.model import Artifact, Kind, Node


def node(kind: Kind, name: str, *needs: str) -> Node:
    return Node(kind, name, "0" * 64, needs)


LONG, TOOLS = node("binary", "long"), node("binary", "tools")
BASE, APP, BIG = node("image", "base"), node("image", "app", "image/base", "binary/tools"), node("image", "big")
NODES = [LONG, TOOLS, BASE, APP, BIG]
SECONDS = {"binary/long": 100.0, "binary/tools": 10.0, "image/base": 50.0, "image/app": 200.0, "image/big": 60.0}
ONE_GO = {"binary": 1, "image": 2}


def test_a_rank_is_the_way_to_the_end() -> None:
    assert schedule.ranks(NODES, SECONDS) == {
        "binary/long": 100, "binary/tools": 210, "image/base": 250, "image/app": 200, "image/big": 60,
    }  # fmt: skip


def test_the_longest_way_comes_first_and_a_kind_has_its_places() -> None:
    rank = schedule.ranks(NODES, SECONDS)
    assert schedule.choose(NODES, [], rank, ONE_GO) == [BASE, TOOLS, BIG]
    # A place of the other kind does not help.
    assert schedule.choose([LONG, APP], [TOOLS, BASE], rank, ONE_GO) == []
    assert schedule.choose([LONG, APP], [BASE], rank, ONE_GO) == [LONG]
    assert schedule.choose([LONG, APP], [], rank, ONE_GO) == [APP, LONG]


@pytest.mark.parametrize(("cores", "binaries"), [(1, 1), (2, 1), (4, 1), (8, 2)])
def test_go_builds_side_by_side_need_many_cores(cores: int, binaries: int) -> None:
    assert schedule.limits(cores) == {"binary": binaries, "image": 2}


def test_the_distribution_begins_with_its_largest_program_and_the_base_of_its_images() -> None:
    known = api.catalogue()
    nodes = list(known.nodes.values())
    rank = schedule.ranks(nodes, {item.id: expected.typical(item) for item in nodes})
    begins = [item.id for item in schedule.choose(nodes, [], rank, schedule.limits(2))]
    assert begins[:2] == ["binary/kubernetes", "image/base"]


def test_every_typical_time_is_of_something_that_is_built() -> None:
    assert set(expected._data()) - {"other"} <= set(api.catalogue().nodes)


def test_what_was_measured_here_counts_and_the_rest_follows_it() -> None:
    assert expected.scaled({"a": 10, "b": 20, "c": 30}, {"a": None, "b": None, "c": None}) == {
        "a": 10,
        "b": 20,
        "c": 30,
    }
    # This machine takes twice as long.
    assert expected.scaled({"a": 10, "b": 20, "c": 30}, {"a": 25, "b": 35, "c": None}) == {"a": 25, "b": 35, "c": 60}


def test_an_earlier_time_is_one_of_a_build(cache: Path) -> None:
    for key, seconds, origin in (("1", 12.5, "build"), ("2", 0.3, "https://releases.example.org")):
        made = dataclasses.replace(BASE, key=64 * key)
        (cache / "tmp" / key).mkdir(parents=True)
        artifact = Artifact("image", "base", made.key, store.location(made), seconds=seconds, origin=origin)
        store.publish(artifact, cache / "tmp" / key)
    assert expected.earlier(BASE) == 12.5
    assert expected.earlier(APP) is None


def test_nothing_is_estimated_without_a_basis() -> None:
    assert estimate.remaining(NODES, [], {}, SECONDS, 0.0) is None
    # Its log says nothing: that it is on time is a guess.
    assert estimate.remaining(NODES, [], {"image/app": Running(100)}, SECONDS, 100) is None
    assert estimate.remaining(NODES, [], {"image/app": Running(100, 0.01)}, SECONDS, 100) is None
    # A find in the cache at the start is no pace.
    assert estimate.remaining(NODES, ["image/app"], {}, SECONDS, 0.5) is None


def test_the_rest_comes_as_quickly_as_what_is_done() -> None:
    done = ["binary/long", "binary/tools", "image/base", "image/big"]  # 220 of 420
    assert estimate.remaining(NODES, done, {}, SECONDS, 440) == pytest.approx(400)
    # Half of what is left is done, and it has been slow alone.
    found = estimate.remaining(NODES, done, {"image/app": Running(300, 0.5)}, SECONDS, 640)
    assert found == pytest.approx(300)
    assert estimate.remaining(NODES, [*done, "image/app"], {}, SECONDS, 900) == 0


def test_the_longest_chain_is_not_done_earlier_however_many_run_beside_it() -> None:
    # 220 of 420 in 20 seconds: yet the last one takes its time.
    done = ["binary/long", "binary/tools", "image/base", "image/big"]
    assert estimate.remaining(NODES, done, {}, SECONDS, 20) == pytest.approx(200)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "less than 30 s"), (33, "about 30 s"), (70, "about 1 min"),
     (95, "about 2 min"), (700, "about 12 min"), (1500, "about 25 min"),
     (7000, "about 1.9 h")],
)  # fmt: skip
def test_an_estimate_is_not_more_precise_than_it_is(seconds: float, text: str) -> None:
    assert estimate.spoken(seconds) == text
