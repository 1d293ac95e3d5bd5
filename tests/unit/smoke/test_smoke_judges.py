"""When an object is done, and when waiting for it is over."""

from __future__ import annotations

from typing import Any

import pytest
from slipway.errors import SlipwayError
from slipway.kube import Obj
from slipway.smoke import judges
from slipway.smoke.steps import pick, results, tune


def conditions(*types: str, message: str = "why", ended: tuple[str, ...] = ()) -> Obj:
    """An object with conditions that hold, and some that held."""
    listed = [{"type": kind, "status": "True", "reason": f"Its{kind}", "message": message} for kind in types]
    return {"spec": {}, "status": {"conditions": [{"type": kind, "status": "False"} for kind in ended] + listed}}


@pytest.mark.parametrize(
    ("judge", "done", "failed"),
    [
        (judges.job, "Complete", "Failed"),
        (judges.training, "Succeeded", "Failed"),
        (judges.experiment, "Succeeded", "Failed"),
    ],
)
def test_conditions(judge: Any, done: str, failed: str) -> None:
    assert judge(conditions("Created", done, ended=("Running",))).done
    assert judge(conditions("Created", failed)).failed == "ItsFailed: why"
    others: list[Obj] = [conditions("Created", "Running"), {"spec": {}}, {"spec": {}, "status": {}}]
    for obj in others:
        seen = judge(obj)
        assert not seen.done
        assert not seen.failed
        assert seen.text


def test_a_job_that_runs_says_so() -> None:
    obj = {"status": {"replicaStatuses": {"Worker": {"active": 1}, "PS": {}}, "conditions": []}}
    assert "worker 1" in judges.training(obj).text


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_workflow_fails_with_a_nodes_message(phase: str) -> None:
    status = {"phase": phase, "nodes": {"a": {"message": "exit code 2"}}}
    assert judges.workflow({"status": status}).failed == f"{phase}: exit code 2"


def test_a_workflow_succeeds_or_runs() -> None:
    assert judges.workflow({"status": {"phase": "Succeeded"}}).done
    assert judges.workflow({}).text == "not seen by its controller yet"


def test_a_seldon_deployment() -> None:
    assert judges.seldon({"status": {"state": "Available"}}).done
    assert judges.seldon({"status": {"state": "Failed", "description": "no image"}}).failed == "no image"
    assert not judges.seldon({"status": {"state": "Creating"}}).failed


def test_a_trial_is_read() -> None:
    item = conditions("Created", "Succeeded", ended=("Running",))
    item["metadata"] = {"name": "t"}
    item["spec"] = {"parameterAssignments": [{"name": "lr", "value": "0.1"}]}
    item["status"]["observation"] = {"metrics": [{"name": "loss"}, {"name": "Validation-accuracy", "max": "0.98"}]}
    found = tune.trial(item)
    assert (found.state, found.parameters, found.accuracy) == ("Succeeded", {"lr": 0.1}, 0.98)
    item["status"]["observation"]["metrics"][1]["max"] = "unavailable"
    assert tune.trial(item).accuracy is None


def test_an_experiment_without_a_best_trial_is_an_error() -> None:
    with pytest.raises(SlipwayError, match="no optimal trial"):
        tune.best({"status": {"currentOptimalTrial": {}}})


def test_results_are_the_last_json_of_a_log() -> None:
    log = 'noise\n{"accuracy": 0.5, "bytes": 1}\n[1]\n{"accuracy": 0.9, "bytes": 2}\n{"other": 1}\n'
    assert results.last(log, "accuracy", "bytes", where="x")["accuracy"] == 0.9
    with pytest.raises(SlipwayError, match="no result"):
        results.last("nothing", "accuracy", where="x")


def test_digits_come_in_parts() -> None:
    import base64
    import zlib

    content = bytes([7, 2]) + bytes([1] * 784) + bytes([9] * 784)
    text = base64.b64encode(zlib.compress(content)).decode()
    half = len(text) // 2
    events = [
        {"event": "digits", "count": 2, "part": 1, "parts": 2, "content": text[half:]},
        {"event": "digits", "count": 2, "part": 0, "parts": 2, "content": text[:half]},
    ]
    assert pick.digits(events) == ((7, bytes([1] * 784)), (2, bytes([9] * 784)))
    with pytest.raises(SlipwayError, match="1 parts"):
        pick.digits(events[:1])
