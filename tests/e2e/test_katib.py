"""Katib, compact edition, on the real cluster: whole experiments, bad objects, failures, a controller that dies."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from slipway.kube import ApiError, Client, Obj, Ref
from slipway.readiness.probes.katib import API, experiment

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]
PRINT_X = "print('loss=${trialParameters.x}')"
#: A trial is a pod of one second and what surrounds it; a busy machine of two cores runs them one after the other.
SECONDS = 180


@pytest.fixture
def make(temp_name: str, project: str, create: Create) -> Callable[..., Obj]:
    """Create an Experiment like the probe's, with another command and parts of its spec replaced."""

    def run(command: str = PRINT_X, **spec: Any) -> Obj:
        obj = experiment(temp_name, project)
        obj["spec"] |= spec
        job = obj["spec"]["trialTemplate"]["trialSpec"]
        if job["kind"] == "Job":
            job["spec"]["template"]["spec"]["containers"][0]["command"] = ["python3", "-c", command]
            # A template must use its parameters.
            job["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "X", "value": "${trialParameters.x}"}]
        return create({**obj, "spec": {key: value for key, value in obj["spec"].items() if value is not None}})

    return run


class Watcher:
    """What became of an experiment."""

    def __init__(self, kube: Client, obj: Obj, eventually: Eventually) -> None:
        self.kube, self.ask = kube, eventually
        self.name, self.namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]

    def status(self, kind: str = "Experiment") -> dict[str, Any]:
        found = self.kube.get(API, kind, self.name, self.namespace) or {}
        status: dict[str, Any] = found.get("status") or {}
        return status

    def last(self) -> dict[str, Any]:
        conditions: list[dict[str, Any]] = self.status().get("conditions") or [{}]
        return conditions[-1]

    def trials(self) -> list[Obj]:
        return self.kube.objects(API, "Trial", self.namespace, labels=f"katib.kubeflow.org/experiment={self.name}")

    def end(self, kind: str, seconds: float = SECONDS) -> dict[str, Any]:
        """Wait for the terminal condition, which must be ``kind``; the status."""
        last = self.ask(
            lambda: self.last() if self.last().get("type") in ("Succeeded", "Failed") else None,
            timeout=seconds,
            what=f"{self.name} has no end",
        )
        assert last["type"] == kind, last
        return self.status()


@pytest.fixture
def watcher(kube: Client, eventually: Eventually) -> Callable[[Obj], Watcher]:
    return lambda obj: Watcher(kube, obj, eventually)


Make = Callable[..., Obj]
Watch = Callable[[Obj], Watcher]


def types(status: dict[str, Any]) -> list[tuple[str, str]]:
    return [(c["type"], c["status"]) for c in status["conditions"]]


def test_a_random_experiment(kube: Client, make: Make, watcher: Watch, eventually: Eventually) -> None:
    objective = {"type": "minimize", "objectiveMetricName": "loss", "additionalMetricNames": ["acc"]}
    exp = watcher(make("print('loss=${trialParameters.x} acc=0.5')", objective=objective))
    status = exp.end("Succeeded")
    assert types(status) == [("Created", "True"), ("Running", "False"), ("Succeeded", "True")]
    assert status["conditions"][-1]["reason"] == "ExperimentMaxTrialsReached"
    assert (status["trials"], status["trialsSucceeded"], len(status["succeededTrialList"])) == (2, 2, 2)
    trials = {t["metadata"]["name"]: t for t in exp.trials()}
    values = {name: t["spec"]["parameterAssignments"][0]["value"] for name, t in trials.items()}
    best = min(values, key=lambda name: float(values[name]))
    found = status["currentOptimalTrial"]
    assert found["bestTrialName"] == best
    value = values[best]
    assert found["observation"]["metrics"] == [
        {"name": "loss", "min": value, "max": value, "latest": value},
        {"name": "acc", "min": "0.5", "max": "0.5", "latest": "0.5"},
    ]
    for name, trial in trials.items():
        assert re.fullmatch(rf"{exp.name}-[a-z0-9]{{8}}", name)
        assert types(trial["status"]) == [("Created", "True"), ("Running", "False"), ("Succeeded", "True")]
        assert trial["metadata"].get("finalizers") is None
        assert trial["metadata"].get("annotations") is None
    suggestion = exp.status("Suggestion")
    assert suggestion["suggestionCount"] == 2
    eventually(lambda: types(exp.status("Suggestion"))[-1] == ("Succeeded", "True"), timeout=30)
    # Jobs are not retained.
    eventually(lambda: not any(kube.get("batch/v1", "Job", n, exp.namespace) for n in trials), timeout=60)


def test_a_grid_walks_over_all_combinations(make: Make, watcher: Watch, project: str, temp_name: str) -> None:
    template = experiment(temp_name, project)["spec"]["trialTemplate"]
    template["trialParameters"].append({"name": "o", "reference": "opt"})
    parameters = [
        {"name": "x", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.2", "step": "0.1"}},
        {"name": "opt", "parameterType": "categorical", "feasibleSpace": {"list": ["sgd", "adam"]}},
    ]
    exp = watcher(
        make(
            PRINT_X + " if '${trialParameters.o}' else None",
            algorithm={"algorithmName": "grid"},
            parameters=parameters,
            trialTemplate=template,
            maxTrialCount=4,
            parallelTrialCount=4,
        )
    )
    exp.end("Succeeded")
    seen = sorted(tuple(p["value"] for p in t["spec"]["parameterAssignments"]) for t in exp.trials())
    assert seen == [("0.1", "adam"), ("0.1", "sgd"), ("0.2", "adam"), ("0.2", "sgd")]


def test_the_goal_ends_it(make: Make, watcher: Watch) -> None:
    objective = {"type": "maximize", "objectiveMetricName": "acc", "goal": 0.9}
    exp = watcher(make("print('acc=0.95')", objective=objective, maxTrialCount=9, parallelTrialCount=1))
    status = exp.end("Succeeded")
    assert status["conditions"][-1]["reason"] == "ExperimentGoalReached"
    assert status["trials"] == 1


def test_failing_trials_end_it(make: Make, watcher: Watch) -> None:
    exp = watcher(make("raise SystemExit(3)", maxTrialCount=5, parallelTrialCount=2, maxFailedTrialCount=2))
    status = exp.end("Failed")
    assert status["conditions"][-1]["message"] == "Experiment has failed because max failed count has reached"
    assert status["trialsFailed"] >= 2
    assert "BackoffLimitExceeded" in exp.trials()[0]["status"]["conditions"][-1]["reason"]


def test_a_log_without_metrics(make: Make, watcher: Watch) -> None:
    exp = watcher(make("print('nothing')", maxTrialCount=2, parallelTrialCount=1))
    status = exp.end("Failed")
    assert status["trialMetricsUnavailable"] == 1
    last = exp.trials()[0]["status"]["conditions"][-1]
    assert (last["type"], last["reason"].split(".")[0]) == ("MetricsUnavailable", "MetricsUnavailable")
    assert "loss is not in the log" in last["message"]


def test_a_job_that_the_api_server_refuses(make: Make, watcher: Watch, project: str, temp_name: str) -> None:
    template = experiment(temp_name, project)["spec"]["trialTemplate"]
    template["trialSpec"]["spec"]["template"]["spec"]["restartPolicy"] = "Always"
    exp = watcher(make(trialTemplate=template))
    exp.end("Failed", 60)
    assert "restartPolicy" in exp.trials()[0]["status"]["conditions"][-1]["message"]


def controller(kube: Client) -> Obj:
    pods = kube.objects("v1", "Pod", "kubeflow", labels="katib.kubeflow.org/component=controller")
    alive = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    assert alive, "there is no pod of the controller"
    return alive[0]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"algorithm": {"algorithmName": "hyperband"}}, "hyperband is not supported"),
        ({"earlyStopping": {"algorithmName": "medianstop"}}, "earlyStopping is not supported"),
        ({"resumePolicy": "FromVolume"}, "FromVolume is not supported"),
        ({"metricsCollectorSpec": {"collector": {"kind": "TensorFlowEvent"}}}, "TensorFlowEvent is not supported"),
        ({"parameters": None}, "spec.parameters"),
        ({"objective": None}, "spec.objective must be specified"),
        ({"parallelTrialCount": 3}, "should be less than or equal to spec.maxTrialCount"),
        ({"parameters": [{"name": "x", "parameterType": "double", "feasibleSpace": {"min": "b"}}]}, "max and min"),
        ({"metricsCollectorSpec": {"source": {"filter": {"metricsFormat": ["("]}}}}, "invalid filter"),
    ],
)
def test_a_faulty_experiment_is_told_so(
    kube: Client, make: Make, watcher: Watch, spec: dict[str, Any], words: str
) -> None:
    before = controller(kube)
    exp = watcher(make(**spec))
    status = exp.end("Failed", 30)
    assert words in status["conditions"][-1]["message"]
    assert exp.trials() == []
    after = controller(kube)
    assert after["metadata"]["name"] == before["metadata"]["name"]
    assert (
        after["status"]["containerStatuses"][0]["restartCount"]
        == (before["status"]["containerStatuses"][0]["restartCount"])
    )


def test_settings_that_the_algorithm_does_not_know(make: Make, watcher: Watch) -> None:
    settings = [{"name": "gamma", "value": "2"}]
    exp = watcher(make(algorithm={"algorithmName": "tpe", "algorithmSettings": settings}))
    status = exp.end("Failed", 30)
    assert status["conditions"][-1]["message"].startswith("Suggestion has failed")
    assert "gamma should be" in exp.status("Suggestion")["conditions"][-1]["message"]


def test_a_wrong_type_is_refused_at_once(make: Make) -> None:
    with pytest.raises(ApiError) as caught:
        make(maxTrialCount="many")
    assert caught.value.status == 422


def test_the_controller_may_die_at_any_time(kube: Client, make: Make, watcher: Watch, eventually: Eventually) -> None:
    exp = watcher(make(PRINT_X, algorithm={"algorithmName": "tpe"}, maxTrialCount=4, parallelTrialCount=2))
    for wanted in (1, 2):
        eventually(lambda wanted=wanted: len(exp.trials()) >= wanted, timeout=60, every=0.1)
        pod = controller(kube)
        path = f"/api/v1/namespaces/kubeflow/pods/{pod['metadata']['name']}"
        kube.request("DELETE", path, body={"gracePeriodSeconds": 0})
        eventually(lambda old=pod: _ready(controller(kube), old), timeout=60, what="no new controller")
    status = exp.end("Succeeded")
    trials = exp.trials()
    assert (status["trials"], status["trialsSucceeded"], len(trials)) == (4, 4, 4)
    suggested = exp.status("Suggestion")["suggestions"]
    assert sorted(s["name"] for s in suggested) == sorted(t["metadata"]["name"] for t in trials)


def _ready(pod: Obj, old: Obj) -> bool:
    statuses = pod["status"].get("containerStatuses") or [{}]
    return pod["metadata"]["uid"] != old["metadata"]["uid"] and bool(statuses[0].get("ready"))


def test_more_trials_with_long_running(kube: Client, make: Make, watcher: Watch) -> None:
    obj = make(resumePolicy="LongRunning", maxTrialCount=1, parallelTrialCount=1)
    exp = watcher(obj)
    exp.end("Succeeded")
    assert ("Running", "True") in types(exp.status("Suggestion"))
    kube.patch(Ref(API, "Experiment", exp.namespace, exp.name), {"spec": {"maxTrialCount": 2}})
    exp.ask(lambda: ("Restarting", "True") in types(exp.status()), timeout=30)
    status = exp.end("Succeeded")
    assert [kind for kind, _ in types(status)] == ["Created", "Restarting", "Running", "Succeeded"]
    assert status["trials"] == 2


def test_a_job_that_deletes_itself(make: Make, watcher: Watch, project: str, temp_name: str) -> None:
    template = experiment(temp_name, project)["spec"]["trialTemplate"]
    template["trialSpec"]["spec"]["ttlSecondsAfterFinished"] = 0
    exp = watcher(make(trialTemplate=template))
    status = exp.end("Succeeded")
    assert status["trialsSucceeded"] == 2


@pytest.mark.parametrize(
    ("kind", "replicas", "role", "name"),
    [("PyTorchJob", "pytorchReplicaSpecs", "Master", "pytorch"), ("TFJob", "tfReplicaSpecs", "Chief", "tensorflow")],
)
def test_trials_of_the_training_operator(
    make: Make, watcher: Watch, project: str, temp_name: str, kind: str, replicas: str, role: str, name: str
) -> None:
    template = experiment(temp_name, project)["spec"]["trialTemplate"]
    pod = template["trialSpec"]["spec"]["template"]["spec"]
    container = {**pod["containers"][0], "name": name, "command": ["python3", "-c", "print('loss=0.25')"]}
    container["env"] = [{"name": "X", "value": "${trialParameters.x}"}]
    replica: Obj = {"replicas": 1, "restartPolicy": "Never", "template": {"spec": {**pod, "containers": [container]}}}
    del replica["template"]["spec"]["restartPolicy"]
    template["primaryContainerName"] = name
    template["trialSpec"] = {
        "apiVersion": "kubeflow.org/v1",
        "kind": kind,
        "spec": {replicas: {role: replica}},
    }
    exp = watcher(make(trialTemplate=template, maxTrialCount=1, parallelTrialCount=1))
    status = exp.end("Succeeded")
    assert status["currentOptimalTrial"]["observation"]["metrics"][0]["latest"] == "0.25"
    assert exp.trials()[0]["spec"]["primaryPodLabels"] == {"training.kubeflow.org/job-role": "master"}


def test_all_goes_with_the_experiment(kube: Client, make: Make, watcher: Watch, eventually: Eventually) -> None:
    exp = watcher(make("import time; time.sleep(120)"))
    names = eventually(lambda: [t["metadata"]["name"] for t in exp.trials()], timeout=30)
    eventually(lambda: all(kube.get("batch/v1", "Job", name, exp.namespace) for name in names), timeout=30)
    start = time.monotonic()
    kube.delete(Ref(API, "Experiment", exp.namespace, exp.name))

    def gone() -> bool:
        left = [kube.get(API, "Suggestion", exp.name, exp.namespace), *exp.trials()]
        return not any(left) and not any(kube.get("batch/v1", "Job", n, exp.namespace) for n in names)

    eventually(gone, timeout=60)
    assert time.monotonic() - start < 60
    # Nobody made anything anew.
    time.sleep(2)
    assert gone()


@pytest.mark.parametrize(
    "change",
    [
        {"objective": {"goal": 0.5}},
        {"algorithm": {"algorithmName": "tpe"}},
        {"parameters": []},
        {"trialTemplate": {"retain": True}},
        {"trialTemplate": {"trialSpec": {"spec": {"backoffLimit": 3}}}},
    ],
)
def test_only_counts_are_editable(kube: Client, make: Make, change: Obj) -> None:
    meta = make("import time; time.sleep(60)")["metadata"]
    ref = Ref(API, "Experiment", meta["namespace"], meta["name"])
    with pytest.raises(ApiError, match="are editable"):
        kube.patch(ref, {"spec": change})
    kube.patch(ref, {"spec": {"parallelTrialCount": 1}})


def test_fewer_in_parallel(kube: Client, make: Make, watcher: Watch, eventually: Eventually) -> None:
    exp = watcher(make("import time; time.sleep(60)"))
    eventually(lambda: exp.status().get("trialsRunning") == 2, timeout=60)
    kube.patch(Ref(API, "Experiment", exp.namespace, exp.name), {"spec": {"parallelTrialCount": 1}})
    eventually(lambda: len(exp.trials()) == 1 and exp.status().get("trials") == 1, timeout=30)
    suggestion = kube.get(API, "Suggestion", exp.name, exp.namespace)
    assert suggestion is not None
    assert suggestion["spec"]["requests"] == suggestion["status"]["suggestionCount"] == 1
