"""Whole experiments in memory: conditions, counts, goal, failures, parallelism, restart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from slipway_katib.names import ALPHABET

Obj = dict[str, Any]
Play = Callable[..., None]
Settle = Callable[..., None]
Make = Callable[..., Obj]
World = Any


def rate(job: Obj) -> str:
    return str(job["spec"]["template"]["spec"]["containers"][0]["command"][1])


def loss(job: Obj) -> str:
    return f"loss=9\nloss={rate(job)}"


def test_an_experiment_ends_at_max_trials(world: World, experiment: Make, play: Play) -> None:
    world.put(experiment())
    play(world, loss)
    status = world.one("Experiment")["status"]
    assert world.types("Experiment") == [("Created", "True"), ("Running", "False"), ("Succeeded", "True")]
    last = status["conditions"][-1]
    assert last["reason"] == "ExperimentMaxTrialsReached"
    assert last["message"] == "Experiment has succeeded because max trial count has reached"
    assert (status["trials"], status["trialsSucceeded"], len(status["succeededTrialList"])) == (4, 4, 4)
    assert status["startTime"] <= status["completionTime"]
    best = status["currentOptimalTrial"]
    values = {t["metadata"]["name"]: t["spec"]["parameterAssignments"][0]["value"] for t in world.kind("Trial")}
    assert best["bestTrialName"] == min(values, key=lambda name: float(values[name]))
    assert best["parameterAssignments"] == [{"name": "lr", "value": values[best["bestTrialName"]]}]
    low = values[best["bestTrialName"]]
    assert best["observation"]["metrics"] == [{"name": "loss", "min": low, "max": "9", "latest": low}]


def test_names_owners_and_labels(world: World, experiment: Make, settle: Settle) -> None:
    obj = experiment()
    obj["metadata"]["labels"] = {"team": "a"}
    world.put(obj)
    settle(world)
    trial, job = world.kind("Trial")[0], world.kind("Job")[0]
    assert re.fullmatch(f"exp-[{ALPHABET}]{{8}}", trial["metadata"]["name"])
    assert job["metadata"]["name"] == trial["metadata"]["name"]
    assert trial["metadata"]["labels"] == {"team": "a", "katib.kubeflow.org/experiment": "exp"}
    suggestion = world.one("Suggestion")
    owner = suggestion["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["uid"], owner["controller"]) == (
        "Experiment",
        world.one("Experiment")["metadata"]["uid"],
        True,
    )
    assert job["metadata"]["ownerReferences"][0]["uid"] == trial["metadata"]["uid"]
    assert trial["spec"]["objective"]["metricStrategies"] == [{"name": "loss", "value": "min"}]
    assert trial["spec"]["successCondition"] == 'status.conditions.#(type=="Complete")#|#(status=="True")#'


def test_parallel_trials_and_requests(world: World, experiment: Make, settle: Settle) -> None:
    world.put(experiment(parallelTrialCount=3))
    settle(world)
    assert len(world.kind("Trial")) == 3
    suggestion = world.one("Suggestion")
    assert (suggestion["spec"]["requests"], suggestion["status"]["suggestionCount"]) == (3, 3)
    assert world.one("Experiment")["status"]["trialsRunning"] == 3
    world.finish(world.kind("Job")[0], "loss=1")
    settle(world)
    assert world.one("Suggestion")["spec"]["requests"] == 4
    world.finish(next(j for j in world.kind("Job") if "status" not in j), "loss=1")
    settle(world)
    # Two are done, two run: no more than maxTrialCount.
    assert len(world.kind("Trial")) == 4


def test_the_goal_ends_it(world: World, experiment: Make, play: Play) -> None:
    objective = {"type": "maximize", "objectiveMetricName": "acc", "goal": 0.9}
    world.put(experiment(objective=objective, parallelTrialCount=1, maxTrialCount=10))
    results = iter(["acc=0.5", "acc=0.95", "acc=0.1"])
    play(world, lambda _: next(results))
    status = world.one("Experiment")["status"]
    assert status["conditions"][-1]["reason"] == "ExperimentGoalReached"
    assert status["conditions"][-1]["message"] == "Experiment has succeeded because Objective goal has reached"
    assert status["trials"] == 2


def test_trials_that_still_run_after_the_goal_are_counted(world: World, experiment: Make, settle: Settle) -> None:
    world.put(experiment(objective={"type": "minimize", "objectiveMetricName": "loss", "goal": 1}))
    settle(world)
    world.finish(world.kind("Job")[0], "loss=0.5")
    settle(world)
    assert world.one("Experiment")["status"]["trialsRunning"] == 1
    world.finish(next(j for j in world.kind("Job") if "status" not in j), "loss=0.25")
    settle(world)
    status = world.one("Experiment")["status"]
    assert (status.get("trialsRunning"), status["trialsSucceeded"]) == (None, 2)
    assert status["currentOptimalTrial"]["observation"]["metrics"][0]["min"] == "0.25"


def test_failures_end_it(world: World, experiment: Make, play: Play) -> None:
    world.put(experiment(parallelTrialCount=1))
    play(world, lambda _: None)
    status = world.one("Experiment")["status"]
    assert world.types("Experiment") == [("Created", "True"), ("Running", "False"), ("Failed", "True")]
    assert status["conditions"][-1]["message"] == "Experiment has failed because max failed count has reached"
    assert status["trialsFailed"] == 2
    trial = world.kind("Trial")[0]
    assert [c["type"] for c in trial["status"]["conditions"]] == ["Created", "Running", "Failed"]


def test_missing_metrics_count_as_failures(world: World, experiment: Make, play: Play) -> None:
    world.put(experiment(parallelTrialCount=1))
    play(world, lambda _: "nothing here")
    status = world.one("Experiment")["status"]
    assert status["conditions"][-1]["type"] == "Failed"
    assert (status["trialMetricsUnavailable"], len(status["metricsUnavailableTrialList"])) == (2, 2)
    trial = world.kind("Trial")[0]
    last = trial["status"]["conditions"][-1]
    assert (last["type"], last["reason"]) == ("MetricsUnavailable", "MetricsUnavailable")
    assert last["message"].startswith("Metrics are not available")
    assert "loss is not in the log" in last["message"]


def test_without_max_failed_failures_are_trials_like_others(world: World, experiment: Make, play: Play) -> None:
    world.put(experiment(maxFailedTrialCount=None))
    play(world, lambda _: None)
    assert world.one("Experiment")["status"]["conditions"][-1]["reason"] == "ExperimentMaxTrialsReached"


def test_words_as_values_make_the_last_trial_the_best(world: World, experiment: Make, play: Play) -> None:
    collector = {"collector": {"kind": "StdOut"}, "source": {"filter": {"metricsFormat": [r"(\w+)=(\w+)"]}}}
    world.put(experiment(metricsCollectorSpec=collector, parallelTrialCount=1, maxTrialCount=2))
    play(world, lambda _: "loss=good")
    status = world.one("Experiment")["status"]
    assert status["currentOptimalTrial"]["bestTrialName"] == status["succeededTrialList"][-1]


def test_never_ends_the_suggestion(world: World, experiment: Make, play: Play) -> None:
    world.put(experiment())
    play(world, loss)
    assert world.types("Suggestion") == [
        ("Created", "True"),
        ("Running", "False"),
        ("DeploymentReady", "False"),
        ("Succeeded", "True"),
    ]
    last = world.one("Suggestion")["status"]["conditions"][-1]
    assert last["message"] == "Suggestion is succeeded, can't be restarted"


def test_long_running_goes_on_with_more_trials(world: World, experiment: Make, play: Play) -> None:
    world.put(experiment(resumePolicy="LongRunning"))
    play(world, loss)
    assert world.types("Suggestion")[-1] == ("Running", "True")
    obj = world.one("Experiment")
    world.put({**obj, "spec": {**obj["spec"], "maxTrialCount": 6}})
    play(world, loss)
    status = world.one("Experiment")["status"]
    assert status["trials"] == 6
    assert [c["type"] for c in status["conditions"]] == ["Created", "Restarting", "Running", "Succeeded"]
    assert status["conditions"][1]["message"] == "Experiment is restarted"
    assert len({t["spec"]["parameterAssignments"][0]["value"] for t in world.kind("Trial")}) == 6


@pytest.mark.parametrize("policy", ["Never", "LongRunning"])
def test_what_is_complete_stays_complete(
    world: World, experiment: Make, play: Play, settle: Settle, policy: str
) -> None:
    world.put(experiment(resumePolicy=policy))
    play(world, loss)
    writes = world.writes
    settle(world)
    assert world.writes == writes


def test_less_parallel_deletes_the_newest(world: World, experiment: Make, settle: Settle) -> None:
    world.put(experiment(parallelTrialCount=3))
    settle(world)
    oldest = min(world.kind("Trial"), key=lambda t: t["metadata"]["creationTimestamp"])
    obj = world.one("Experiment")
    world.put({**obj, "spec": {**obj["spec"], "parallelTrialCount": 1}})
    settle(world)
    assert [t["metadata"]["name"] for t in world.kind("Trial")] == [oldest["metadata"]["name"]]
    suggestion = world.one("Suggestion")
    assert [s["name"] for s in suggestion["status"]["suggestions"]] == [oldest["metadata"]["name"]]
    assert suggestion["status"]["suggestionCount"] == suggestion["spec"]["requests"] == 1


def test_a_grid_is_walked_to_its_end(world: World, experiment: Make, play: Play) -> None:
    parameters = [
        {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.3", "step": "0.1"}},
        {"name": "opt", "parameterType": "categorical", "feasibleSpace": {"list": ["sgd", "adam"]}},
    ]
    obj = experiment(algorithm={"algorithmName": "grid"}, parameters=parameters, maxTrialCount=6)
    template = obj["spec"]["trialTemplate"]
    template["trialParameters"].append({"name": "opt", "reference": "opt"})
    template["trialSpec"]["spec"]["template"]["spec"]["containers"][0]["command"].append("${trialParameters.opt}")
    world.put(obj)
    play(world, loss)
    seen = {tuple(p["value"] for p in t["spec"]["parameterAssignments"]) for t in world.kind("Trial")}
    assert seen == {(lr, opt) for lr in ("0.1", "0.2", "0.3") for opt in ("sgd", "adam")}


def test_wrong_settings_fail_suggestion_and_experiment(world: World, experiment: Make, settle: Settle) -> None:
    settings = [{"name": "seed", "value": "1"}]
    world.put(experiment(algorithm={"algorithmName": "random", "algorithmSettings": settings}))
    settle(world)
    assert world.one("Suggestion")["status"]["conditions"][-1]["message"].startswith("Validation failed: unknown")
    last = world.one("Experiment")["status"]["conditions"][-1]
    assert (last["type"], last["reason"]) == ("Failed", "ExperimentFailed")
    assert last["message"].startswith("Suggestion has failed")
    assert not world.kind("Trial")


def test_a_faulty_experiment_fails_once(world: World, experiment: Make, settle: Settle) -> None:
    world.put(experiment(objective={"type": "best", "objectiveMetricName": "loss"}))
    settle(world)
    assert world.types("Experiment") == [("Created", "True"), ("Failed", "True")]
    assert "spec.objective.type" in world.one("Experiment")["status"]["conditions"][-1]["message"]
    assert not world.kind("Suggestion")
    writes = world.writes
    settle(world)
    assert world.writes == writes


def test_an_old_suggestion_of_that_name_is_waited_for(world: World, experiment: Make, settle: Settle) -> None:
    world.put(experiment())
    settle(world)
    old = world.one("Experiment")
    del world.objects["Experiment", "exp"]
    world.put(experiment())
    settle(world)
    assert world.one("Experiment")["status"].get("trials") is None
    # The garbage collector comes.
    for obj in [o for o in world.objects.values() if o["kind"] != "Experiment"]:
        if any(r["uid"] == old["metadata"]["uid"] for r in obj["metadata"].get("ownerReferences", [])):
            del world.objects[obj["kind"], obj["metadata"]["name"]]
    settle(world)
    assert world.one("Experiment")["status"]["trials"] == 2


def test_a_template_from_a_config_map(world: World, experiment: Make, play: Play) -> None:
    text = """
apiVersion: batch/v1
kind: Job
spec:
  backoffLimit: ${trialParameters.rate}
  template:
    spec:
      containers: [{name: main, command: [train, "${trialParameters.rate}"]}]
"""
    obj = experiment(
        parameters=[{"name": "lr", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "3"}}], maxTrialCount=2
    )
    template = obj["spec"]["trialTemplate"]
    del template["trialSpec"]
    template["configMap"] = {"configMapName": "t", "configMapNamespace": "team", "templatePath": "job"}
    for kind in ("success", "failure"):
        template[f"{kind}Condition"] = f'status.conditions.#(type=="{"Complete" if kind == "success" else "Failed"}")#'
    labels = {"katib.kubeflow.org/component": "trial-templates"}
    world.put({"kind": "ConfigMap", "metadata": {"name": "t", "labels": labels}, "data": {"job": text}})
    world.put(obj)
    play(world, loss)
    assert world.types("Experiment")[-1] == ("Succeeded", "True")
    assert isinstance(world.kind("Trial")[0]["spec"]["runSpec"]["spec"]["backoffLimit"], int)


def test_a_config_map_that_is_no_template_is_not_shown(world: World, experiment: Make, settle: Settle) -> None:
    obj = experiment()
    template = obj["spec"]["trialTemplate"]
    del template["trialSpec"]
    template["configMap"] = {"configMapName": "t", "configMapNamespace": "kube-system", "templatePath": "job"}
    template |= {"successCondition": "a", "failureCondition": "b"}
    world.put({"kind": "ConfigMap", "metadata": {"name": "t"}, "data": {"job": "secret"}})
    world.put(obj)
    settle(world)
    last = world.one("Experiment")["status"]["conditions"][-1]["message"]
    assert "has no label" in last
    assert "secret" not in last
