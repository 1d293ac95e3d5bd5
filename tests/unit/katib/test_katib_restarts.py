"""The controller dies after each of its writes in turn: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Obj = dict[str, Any]
World = Any


def loss(job: Obj) -> str:
    return f"loss={job['spec']['template']['spec']['containers'][0]['command'][1]}"


def outcome(world: World) -> dict[str, Any]:
    status = world.one("Experiment")["status"]
    suggestion = world.one("Suggestion")["status"]
    return {
        "conditions": [(c["type"], c["status"], c["reason"]) for c in status["conditions"]],
        "values": sorted(t["spec"]["parameterAssignments"][0]["value"] for t in world.kind("Trial")),
        "suggested": sorted(s["parameterAssignments"][0]["value"] for s in suggestion["suggestions"]),
        "best": status["currentOptimalTrial"]["parameterAssignments"],
        "counts": (status["trials"], status["trialsSucceeded"]),
        "suggestion": [(c["type"], c["status"]) for c in suggestion["conditions"]],
    }


def spec_of(algorithm: str) -> dict[str, Any]:
    space = {"min": "0.01", "max": "0.09", "step": "0.01"}
    return {
        "algorithm": {"algorithmName": algorithm, "algorithmSettings": [{"name": "random_state", "value": "3"}]},
        "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": space}],
    }


@pytest.mark.parametrize("algorithm", ["random", "grid", "tpe"])
def test_a_crash_after_any_write_changes_nothing(
    algorithm: str, experiment: Callable[..., Obj], play: Callable[..., None], world: World
) -> None:
    world.put(experiment(**spec_of(algorithm)))
    play(world, loss)
    expected, writes = outcome(world), world.writes
    assert len(world.created) == 1 + 4 + 4  # a Suggestion, trials, jobs
    for crash in range(2, writes + 1):
        again = type(world)()
        again.crash_after = crash
        again.put(experiment(**spec_of(algorithm)))
        play(again, loss)
        assert outcome(again) == expected, f"after write {crash}"
        assert len(again.created) == len(set(again.created)) == len(world.created), f"after write {crash}"


def test_a_crash_while_trials_are_taken_back(
    experiment: Callable[..., Obj], settle: Callable[..., None], world: World
) -> None:
    for crash in range(1, 12):
        again = type(world)()
        again.put(experiment(parallelTrialCount=4, maxTrialCount=8))
        settle(again)
        obj = again.one("Experiment")
        again.put({**obj, "spec": {**obj["spec"], "parallelTrialCount": 2}})
        again.crash_after = again.writes + crash
        settle(again)
        names = {t["metadata"]["name"] for t in again.kind("Trial")}
        assert len(names) == 2
        assert {s["name"] for s in again.one("Suggestion")["status"]["suggestions"]} == names
        assert again.one("Suggestion")["spec"]["requests"] == 2
