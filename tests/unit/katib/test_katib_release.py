"""What upstream's edition has put its finalizers on can be deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

import pytest
from slipway_controller.queue import Key
from slipway_katib.edge.work import Work
from slipway_katib.names import API_VERSION

UPSTREAM = ["update-prometheus-metrics", "clean-metrics-in-db"]


@pytest.mark.parametrize("kind", ["Experiment", "Trial"])
@pytest.mark.parametrize(("finalizers", "left"), [(UPSTREAM, None), (["example.org/a", *UPSTREAM], ["example.org/a"])])
def test_it_is_let_go(
    world: Any, experiment: Callable[..., dict[str, Any]], kind: Literal["Experiment", "Trial"], finalizers: list[str],
    left: list[str] | None,
) -> None:  # fmt: skip
    obj = {**experiment(), "apiVersion": API_VERSION, "kind": kind}
    obj["metadata"] |= {"finalizers": finalizers, "deletionTimestamp": "2026-01-01T00:00:00Z"}
    world.put(obj)
    asyncio.run(Work(world, now=world.now)(Key(kind, obj["metadata"]["namespace"], obj["metadata"]["name"])))
    found = world.objects.get((kind, obj["metadata"]["name"]))
    assert (found and found["metadata"]["finalizers"]) == left
    assert world.created == []


def test_one_that_lives_keeps_them(world: Any, experiment: Callable[..., dict[str, Any]]) -> None:
    obj = experiment()
    obj["metadata"]["finalizers"] = UPSTREAM
    world.put(obj)
    asyncio.run(Work(world, now=world.now)(Key("Experiment", "team", obj["metadata"]["name"])))
    assert world.one("Experiment", obj["metadata"]["name"])["metadata"]["finalizers"] == UPSTREAM
