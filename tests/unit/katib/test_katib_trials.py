"""The Trial and its job: outcomes, logs, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from slipway_controller.api import ApiError
from slipway_controller.queue import Key
from slipway_katib.edge.collect import choose, collect, exit_code
from slipway_katib.edge.work import MAX_LOG_FAILURES, Work
from slipway_katib.reconcile.trial import Collect, Collected, outcome_of, step

Obj = dict[str, Any]
World = Any
Settle = Callable[..., None]
Make = Callable[..., Obj]
NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
def running(world: World, experiment: Make, settle: Settle) -> World:
    """An experiment with one running trial."""
    world.put(experiment(parallelTrialCount=1))
    settle(world)
    return world


def trial_of(world: World) -> Obj:
    return dict(min(world.kind("Trial"), key=lambda t: str(t["metadata"]["creationTimestamp"])))


def types(trial: Obj) -> list[str]:
    return [c["type"] for c in trial["status"]["conditions"]]


def job(*pairs: tuple[str, str], **words: str) -> Obj:
    return {"status": {"conditions": [{"type": t, "status": s, **words} for t, s in pairs]}}


SPEC = {
    "successCondition": 'status.conditions.#(type=="Complete")#|#(status=="True")#',
    "failureCondition": 'status.conditions.#(type=="Failed")#|#(status=="True")#',
}


@pytest.mark.parametrize(
    ("obj", "state"),
    [
        ({}, "Running"),
        (job(("Complete", "False")), "Running"),
        (job(("SuccessCriteriaMet", "True"), ("Complete", "True")), "Succeeded"),
        (job(("Complete", "True"), ("Failed", "True")), "Failed"),
        (job(("FailureTarget", "True")), "Running"),
    ],
)
def test_outcomes(obj: Obj, state: str) -> None:
    assert outcome_of(obj, SPEC).state == state


def test_reason_and_message_of_the_job_are_told() -> None:
    outcome = outcome_of(job(("Failed", "True"), reason="BackoffLimitExceeded", message="too often"), SPEC)
    assert outcome.extend("TrialFailed", "Trial has failed") == (
        "TrialFailed. Job reason: BackoffLimitExceeded",
        "Trial has failed. Job message: too often",
    )


def test_an_object_counts_a_word_does_not() -> None:
    spec = {"failureCondition": "status.failed", "successCondition": "status.done"}
    assert outcome_of({"status": {"done": {"message": "m"}}}, spec).message == "m"
    assert outcome_of({"status": {"done": "yes"}}, spec).state == "Running"
    assert outcome_of({"status": {"done": []}}, spec).state == "Running"


def test_the_job_goes_with_the_end_unless_retained(running: World, settle: Settle) -> None:
    name = trial_of(running)["metadata"]["name"]
    running.finish(running.one("Job", name), "loss=1")
    settle(running)
    assert ("Job", name) not in running.objects
    assert {"JobCreated", "JobSucceeded", "JobDeleted"} <= set(running.notes)


def test_a_retained_job_stays(world: World, experiment: Make, settle: Settle) -> None:
    obj = experiment(parallelTrialCount=1)
    obj["spec"]["trialTemplate"]["retain"] = True
    world.put(obj)
    settle(world)
    world.finish(world.kind("Job")[0], "loss=1")
    settle(world)
    assert types(trial_of(world)) == ["Created", "Running", "Succeeded"]
    assert ("Job", trial_of(world)["metadata"]["name"]) in world.objects


def test_the_log_is_kept_when_the_pod_ends_before_the_job(running: World, settle: Settle) -> None:
    trial = trial_of(running)
    name = trial["metadata"]["name"]
    before = running.one("Job", name)
    running.finish(before, "loss=0.125")
    running.objects["Job", name] = before  # the job controller has not seen it yet
    work = Work(running, now=running.now)
    work.hints.add(("team", name))
    asyncio.run(work(Key("Trial", "team", name)))
    assert running.one("Trial", name)["status"]["observation"]["metrics"][0]["latest"] == "0.125"
    # Now somebody deletes the pod, and the job completes.
    del running.objects["Pod", f"{name}-pod"]
    running.put({**before, "status": job(("Complete", "True"))["status"]})
    settle(running)
    assert types(running.one("Trial", name))[-1] == "Succeeded"


def test_a_job_that_went_by_itself_is_not_run_again(running: World, settle: Settle) -> None:
    trial = trial_of(running)
    name = trial["metadata"]["name"]
    running.finish(running.one("Job", name), "loss=0.5")
    work = Work(running, now=running.now)
    collected = asyncio.run(collect(running, trial))
    running.put({**trial, "status": {**trial["status"], "observation": collected.observation}})
    del running.objects["Job", name]
    asyncio.run(work(Key("Trial", "team", name)))
    assert types(running.one("Trial", name)) == ["Created", "Running", "Succeeded"]
    assert ("Job", name) not in running.objects


def test_a_vanished_pod_means_no_metrics(running: World, settle: Settle) -> None:
    name = trial_of(running)["metadata"]["name"]
    running.finish(running.one("Job", name), "loss=1")
    del running.objects["Pod", f"{name}-pod"]
    settle(running)
    trial = running.one("Trial", name)
    assert types(trial)[-1] == "MetricsUnavailable"
    assert "no pod has the labels" in trial["status"]["conditions"][-1]["message"]


def test_a_wrong_container_name_is_named(world: World, experiment: Make, settle: Settle) -> None:
    obj = experiment(parallelTrialCount=1, maxTrialCount=1, maxFailedTrialCount=1)
    obj["spec"]["trialTemplate"]["primaryContainerName"] = "other"
    world.put(obj)
    settle(world)
    world.finish(world.kind("Job")[0], "loss=1")
    settle(world)
    message = trial_of(world)["status"]["conditions"][-1]["message"]
    assert "no container other" in message


def test_a_log_that_cannot_be_had_is_asked_for_again(running: World) -> None:
    name = trial_of(running)["metadata"]["name"]
    running.finish(running.one("Job", name), "loss=1")

    async def broken(*_: Any) -> Any:
        raise ApiError(502, "kubelet")
        yield b""

    running.chunks = broken
    work, key = Work(running, now=running.now), Key("Trial", "team", name)
    for _ in range(MAX_LOG_FAILURES):
        with pytest.raises(ApiError):
            asyncio.run(work(key))
        assert types(running.one("Trial", name))[-1] == "Running"
    asyncio.run(work(key))
    assert types(running.one("Trial", name))[-1] == "MetricsUnavailable"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ApiError(422, "Job is invalid: spec.template.spec.containers[0].image: Required value"), "Failed"),
        (ApiError(404, "the server could not find the requested resource"), "Failed"),
        (ApiError(403, 'admission webhook "w" denied the request: no'), "Failed"),
    ],
)
def test_a_refused_job_fails_its_trial(
    world: World, experiment: Make, settle: Settle, error: ApiError, state: str
) -> None:
    world.refuse["Job"] = error
    world.put(experiment(parallelTrialCount=1, maxFailedTrialCount=1))
    settle(world)
    trial = trial_of(world)
    assert types(trial)[-1] == state
    assert error.message in trial["status"]["conditions"][-1]["message"]
    assert world.types("Experiment")[-1] == ("Failed", "True")


def test_a_change_by_somebody_else_is_taken_in_at_once(world: World, experiment: Make) -> None:
    world.put(experiment())
    write, calls = world.set_status, []

    async def late(obj: Obj, status: Obj) -> None:
        calls.append(obj["kind"])
        if len(calls) == 1:
            world.put(world.one(obj["kind"], obj["metadata"]["name"]))
        await write(obj, status)

    world.set_status = late
    asyncio.run(Work(world, now=world.now)(Key("Experiment", "team", "exp")))
    assert world.types("Experiment")[0] == ("Created", "True")


@pytest.mark.parametrize("error", [ApiError(403, "exceeded quota"), ApiError(500, "etcd"), ApiError(0, "no answer")])
def test_what_may_get_better_is_tried_again(world: World, experiment: Make, error: ApiError) -> None:
    world.put(experiment(parallelTrialCount=1))
    work = Work(world, now=world.now)
    asyncio.run(work(Key("Experiment", "team", "exp")))
    name = trial_of(world)["metadata"]["name"]
    world.refuse["Job"] = error
    with pytest.raises(ApiError):
        asyncio.run(work(Key("Trial", "team", name)))
    world.refuse.clear()
    asyncio.run(work(Key("Trial", "team", name)))
    assert ("Job", name) in world.objects


def test_a_deleted_job_is_made_again(running: World, settle: Settle) -> None:
    name = trial_of(running)["metadata"]["name"]
    del running.objects["Job", name]
    settle(running)
    assert ("Job", name) in running.objects


def test_somebody_elses_job_is_not_touched(running: World, settle: Settle) -> None:
    name = trial_of(running)["metadata"]["name"]
    foreign = running.one("Job", name)
    foreign["metadata"]["ownerReferences"] = [{"kind": "CronJob", "uid": "x", "controller": True}]
    running.put(foreign)
    settle(running)
    assert "belongs to somebody else" in running.one("Trial", name)["status"]["conditions"][-1]["message"]
    assert ("Job", name) in running.objects


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"runSpec": {"kind": "CronJob", "apiVersion": "batch/v1"}}, "CronJob"),
        ({"objective": {}}, "objectiveMetricName"),
        ({"metricsCollector": {"collector": {"kind": "File"}}}, "File"),
        ({"runSpec": {"kind": "Job", "apiVersion": "batch/v1", "metadata": {"name": "other"}}}, "must have the name"),
        ({"successCondition": "@this", "failureCondition": "@this"}, "not supported"),
    ],
)
def test_a_trial_made_by_hand_is_checked(running: World, settle: Settle, change: Obj, words: str) -> None:
    trial = trial_of(running)
    running.put({**trial, "spec": {**trial["spec"], **change}})
    settle(running)
    last = running.one("Trial", trial["metadata"]["name"])["status"]["conditions"][-1]
    assert last["type"] == "Failed"
    assert words in last["message"]


def test_a_step_asks_for_the_log_only_once_the_job_has_succeeded(running: World) -> None:
    trial = trial_of(running)
    own = running.one("Job", trial["metadata"]["name"])
    assert step(trial, own, None, NOW) == []
    done = {**own, "status": job(("Complete", "True"))["status"]}
    assert step(trial, done, None, NOW) == Collect()
    actions = step(trial, done, Collected(None, "gone"), NOW)
    assert isinstance(actions, list)
    assert actions


def pod(code: int | None, phase: str = "Running", age: str = "1") -> Obj:
    state = {"running": {}} if code is None else {"terminated": {"exitCode": code}}
    return {
        "metadata": {"name": f"p{age}", "creationTimestamp": age},
        "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": phase, "containerStatuses": [{"name": "main", "state": state}]},
    }


def test_which_pods_count() -> None:
    bad, good, late = pod(1, "Failed", "1"), pod(0, "Succeeded", "2"), pod(None, "Running", "3")
    assert choose([late, good, bad], "main") == [good]
    assert choose([bad, late], "main") == [bad]
    assert choose([late], "main") == []


def test_an_exit_that_may_be_followed_by_a_restart_is_none() -> None:
    assert exit_code(pod(1), "main") is None
    assert exit_code(pod(0), "main") == 0
    assert exit_code(pod(1, "Failed"), "main") == 1
    assert exit_code(pod(0), "other") is None
    assert exit_code({}, "main") is None


def test_all_primary_pods_are_read(running: World) -> None:
    trial = trial_of(running)
    name = trial["metadata"]["name"]
    running.finish(running.one("Job", name), "loss=1")
    second = running.one("Pod", f"{name}-pod")
    running.put({**second, "metadata": {**second["metadata"], "name": "second"}})
    running.logs["second"] = "loss=0.5"
    collected = asyncio.run(collect(running, trial))
    assert collected.observation is not None
    assert collected.observation["metrics"][0]["min"] == "0.5"
