"""Experiments that cannot run, and the words for it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slipway_katib.conditions import begin, finish, put
from slipway_katib.defaults import with_defaults
from slipway_katib.template import BadTemplate, meta_key, placeholders, run_spec, substitute
from slipway_katib.validation import message, problems_of

Obj = dict[str, Any]
Make = Callable[..., Obj]


def check(spec: Obj, name: str = "exp") -> str:
    spec = with_defaults(spec)
    return message(problems_of(name, spec, spec.get("trialTemplate", {}).get("trialSpec")))


def test_a_good_one(experiment: Make) -> None:
    spec = with_defaults(experiment()["spec"])
    assert problems_of("exp", spec, spec["trialTemplate"]["trialSpec"]) == []


SPACE = {"min": "0", "max": "1"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"maxFailedTrialCount": -1}, "spec.maxFailedTrialCount -1 should not be less than 0"),
        ({"maxTrialCount": 0}, "spec.maxTrialCount 0 must be greater than 0"),
        ({"parallelTrialCount": 0}, "spec.parallelTrialCount 0 must be greater than 0"),
        ({"maxFailedTrialCount": 5}, "should be less than or equal to spec.maxTrialCount"),
        ({"parallelTrialCount": 5}, "should be less than or equal to spec.maxTrialCount"),
        ({"objective": None}, "spec.objective must be specified"),
        ({"objective": {"type": "minimize"}}, "objectiveMetricName must be specified"),
        (
            {"objective": {"type": "minimize", "objectiveMetricName": "a", "additionalMetricNames": ["a"]}},
            "should not contain spec.objective.objectiveMetricName",
        ),
        (
            {
                "objective": {
                    "type": "minimize",
                    "objectiveMetricName": "a",
                    "metricStrategies": [{"name": "a", "value": "mean"}],
                }
            },
            "min, max or latest",
        ),
        ({"algorithm": None}, "spec.algorithm.algorithmName must be specified"),
        ({"algorithm": {"algorithmName": "hyperband"}}, "hyperband is not supported in the compact edition"),
        ({"earlyStopping": {"algorithmName": "medianstop"}}, "spec.earlyStopping is not supported"),
        ({"nasConfig": {"graphConfig": {}}}, "spec.nasConfig is not supported"),
        ({"resumePolicy": "FromVolume"}, "FromVolume is not supported"),
        ({"resumePolicy": "Sometimes"}, "spec.resumePolicy"),
        ({"metricsCollectorSpec": {"collector": {"kind": "File"}}}, "File is not supported"),
        ({"metricsCollectorSpec": {"collector": {"kind": "Push"}}}, "Push is not supported"),
        ({"metricsCollectorSpec": {"collector": {"kind": "Magic"}}}, "invalid metrics collector kind"),
        ({"metricsCollectorSpec": {"source": {"filter": {"metricsFormat": ["("]}}}}, "invalid filter"),
        ({"metricsCollectorSpec": {"source": {"filter": {"metricsFormat": ["a(b)"]}}}}, "two top subexpressions"),
        ({"metricsCollectorSpec": {"source": {"fileSystemPath": {"path": "/a"}}}}, "no meaning for StdOut"),
        ({"parameters": None}, "spec.parameters or spec.nasConfig must be specified"),
        ({"parameters": [{"name": "lr", "parameterType": "double"}]}, "feasibleSpace must be specified"),
        ({"parameters": [{"name": "lr", "parameterType": "vector", "feasibleSpace": SPACE}]}, "is not supported"),
        (
            {"parameters": [{"name": "lr", "parameterType": "int", "feasibleSpace": {"min": "1"}}]},
            "max and min must be specified",
        ),
        (
            {"parameters": [{"name": "lr", "parameterType": "int", "feasibleSpace": {**SPACE, "list": ["1"]}}]},
            "list is not supported",
        ),
        (
            {"parameters": [{"name": "lr", "parameterType": "discrete", "feasibleSpace": SPACE}]},
            ".max, .min and .step are not supported",
        ),
        (
            {"parameters": [{"name": "lr", "parameterType": "int", "feasibleSpace": {**SPACE, "distribution": "x"}}]},
            "distribution: x is not supported",
        ),
        (
            {"parameters": [{"name": "lr", "parameterType": "int", "feasibleSpace": {"min": "a", "max": "1"}}]},
            "spec.parameters[0].feasibleSpace.min 'a' is not an integer",
        ),
        ({"parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": SPACE}] * 2}, "unique"),
        ({"trialTemplate": None}, "spec.trialTemplate must be specified"),
        ({"parameters": ["wrong"]}, "is malformed"),
    ],
)
def test_faults_of_the_spec(experiment: Make, change: Obj, words: str) -> None:
    assert words in check(experiment(**change)["spec"])


@pytest.mark.parametrize("name", ["1abc", "Abc", "a" * 41, "abc-", "a.b"])
def test_faulty_names(experiment: Make, name: str) -> None:
    assert "metadata.name" in check(experiment()["spec"], name)


def job_of(template: Obj) -> Obj:
    return dict(template["trialSpec"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"primaryContainerName": ""}, "primaryContainerName must be specified"),
        ({"trialParameters": None}, "trialParameters must be specified"),
        ({"trialParameters": []}, "none has a reference to the parameter lr"),
        ({"trialParameters": [{"name": "rate", "reference": "nope"}]}, "nope does not exist in spec.parameters"),
        ({"trialParameters": [{"name": "ra}te", "reference": "lr"}]}, "must not contain"),
        (
            {"trialParameters": [{"name": "rate", "reference": "lr"}, {"name": "rate", "reference": "x"}]},
            "rate can't be duplicated",
        ),
        (
            {"trialParameters": [{"name": "rate", "reference": "lr"}, {"name": "more", "reference": "lr"}]},
            "lr can't be duplicated",
        ),
        (
            {"trialParameters": [{"name": "other", "reference": "lr"}]},
            "${trialParameters.other} is not used",
        ),
        ({"trialSpec": None}, "trialSpec or configMap must be specified"),
        ({"configMap": {"configMapName": "a"}}, "only one of trialSpec and configMap"),
        ({"successCondition": "@this"}, "cannot be used"),
        ({"failureCondition": "status.{a}"}, "cannot be used"),
    ],
)
def test_faults_of_the_template(experiment: Make, change: Obj, words: str) -> None:
    obj = experiment()
    template = obj["spec"]["trialTemplate"]
    template.update(change)
    assert words in check(obj["spec"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "CronJob"}, "CronJob (batch/v1) is not supported"),
        ({"apiVersion": "batch/v2"}, "Job (batch/v2) is not supported"),
        ({"apiVersion": ""}, "apiVersion and kind must be specified"),
        ({"metadata": {"name": "mine"}}, "must be omitted"),
        ({"extra": "${trialParameters.more}"}, "${trialParameters.more} is not declared"),
    ],
)
def test_faults_of_the_job(experiment: Make, change: Obj, words: str) -> None:
    obj = experiment()
    template = obj["spec"]["trialTemplate"]
    # Conditions have defaults for known kinds only.
    template |= {"successCondition": "a", "failureCondition": "b"}
    template["trialSpec"].update(change)
    assert words in check(obj["spec"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_shape_gives_problems_or_none(experiment: Make, data: st.DataObject) -> None:
    spec = experiment()["spec"]
    part = data.draw(st.sampled_from(["objective", "algorithm", "parameters", "trialTemplate", "metricsCollectorSpec"]))
    value = data.draw(JSON)
    if isinstance(spec.get(part), dict) and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(spec[part])))
        spec[part] = {**spec[part], key: value}
    else:
        spec[part] = value
    try:
        completed = with_defaults(spec)
    except (AttributeError, TypeError):
        return  # what the CRD's schema does not let in
    template = completed.get("trialTemplate")
    source = template.get("trialSpec") if isinstance(template, dict) else None
    problems_of("exp", completed, source if isinstance(source, dict) else None)


# -- defaults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "value"), [("minimize", "min"), ("maximize", "max")])
def test_strategies_follow_the_type(kind: str, value: str) -> None:
    objective: Obj = {
        "type": kind,
        "objectiveMetricName": "a",
        "additionalMetricNames": ["b", "c"],
    }
    objective["metricStrategies"] = [{"name": "b", "value": "latest"}]
    strategies = with_defaults({"objective": objective})["objective"]["metricStrategies"]
    assert strategies == [
        {"name": "b", "value": "latest"},
        {"name": "a", "value": value},
        {"name": "c", "value": value},
    ]


@pytest.mark.parametrize(
    ("kind", "success", "labels"),
    [
        ("Job", "Complete", None),
        ("PyTorchJob", "Succeeded", {"training.kubeflow.org/job-role": "master"}),
        ("TFJob", "Succeeded", {"training.kubeflow.org/job-role": "master"}),
    ],
)
def test_conditions_follow_the_kind(kind: str, success: str, labels: Obj | None) -> None:
    template = with_defaults({"trialTemplate": {"trialSpec": {"kind": kind}}})["trialTemplate"]
    assert template["successCondition"] == f'status.conditions.#(type=="{success}")#|#(status=="True")#'
    assert template["failureCondition"] == 'status.conditions.#(type=="Failed")#|#(status=="True")#'
    assert template.get("primaryPodLabels") == labels


def test_other_defaults() -> None:
    spec = with_defaults({"parameters": [{"name": "a", "feasibleSpace": {"min": "1"}}]})
    assert (spec["parallelTrialCount"], spec["resumePolicy"]) == (3, "Never")
    assert spec["metricsCollectorSpec"] == {"collector": {"kind": "StdOut"}}
    assert spec["parameters"][0]["feasibleSpace"]["distribution"] == "uniform"


def test_what_is_given_stays(experiment: Make) -> None:
    spec = experiment(parallelTrialCount=1, resumePolicy="LongRunning")["spec"]
    before = copy.deepcopy(spec)
    completed = with_defaults(spec)
    assert spec == before
    assert (completed["parallelTrialCount"], completed["resumePolicy"]) == (1, "LongRunning")


# -- templates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("${trialSpec.Name}", ("Name", "")),
        ("${trialSpec.Labels[app.io/x]}", ("Labels", "app.io/x")),
        ("${trialSpec.Annotations[a]}", ("Annotations", "a")),
        ("${trialSpec.Labels}", None),
        ("${trialSpec.Name[a]}", None),
        ("${trialSpec.Uid}", None),
        ("lr", None),
    ],
)
def test_references_to_the_trial(reference: str, key: tuple[str, str] | None) -> None:
    assert meta_key(reference) == key


def test_a_job_is_made() -> None:
    template = {
        "trialParameters": [
            {"name": "lr", "reference": "rate"},
            {"name": "me", "reference": "${trialSpec.Name}"},
            {"name": "where", "reference": "${trialSpec.Namespace}"},
            {"name": "kind", "reference": "${trialSpec.Kind}"},
            {"name": "version", "reference": "${trialSpec.APIVersion}"},
            {"name": "app", "reference": "${trialSpec.Labels[app]}"},
            {"name": "note", "reference": "${trialSpec.Annotations[note]}"},
        ]
    }
    names = [p["name"] for p in template["trialParameters"]]
    source: Obj = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"labels": {"app": "mnist"}, "annotations": {"note": "hi"}},
        "spec": {"args": [f"--{n}=${{trialParameters.{n}}}" for n in names], "n": 1},
    }
    job = run_spec(template, source, {"rate": '0.1"'}, "t-1", "ns")
    assert job["metadata"] == {
        "labels": {"app": "mnist"},
        "annotations": {"note": "hi"},
        "name": "t-1",
        "namespace": "ns",
    }
    assert job["spec"]["args"] == [
        '--lr=0.1"', "--me=t-1", "--where=ns", "--kind=Job", "--version=batch/v1", "--app=mnist", "--note=hi",
    ]  # fmt: skip
    assert source["metadata"].get("name") is None


def test_values_are_not_templates() -> None:
    assert substitute("${trialParameters.a}", {"a": "${trialParameters.b}", "b": "x"}) == "${trialParameters.b}"


def test_a_missing_label() -> None:
    template = {"trialParameters": [{"name": "a", "reference": "${trialSpec.Labels[x]}"}]}
    with pytest.raises(BadTemplate, match="illegal reference"):
        run_spec(template, {"kind": "Job"}, {}, "t", "ns")


@pytest.mark.parametrize("text", ["[1]", "a: [", "x"])
def test_a_text_that_is_no_object(text: str) -> None:
    with pytest.raises(BadTemplate):
        run_spec({}, text, {}, "t", "ns")


def test_placeholders_are_found_everywhere() -> None:
    assert placeholders({"${trialParameters.a}": ["${trialParameters.b}${trialParameters.c}", 1, None]}) == {
        "a",
        "b",
        "c",
    }


# -- conditions -------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(["Running", "Restarting", "Other"]), st.booleans(), st.text(max_size=2))))
def test_a_changed_condition_is_the_last(changes: list[tuple[str, bool, str]]) -> None:
    status: Obj = {}
    begin(status, "r", "m", "0")
    for time, (kind, value, reason) in enumerate(changes, start=1):
        before = copy.deepcopy(status["conditions"])
        old: Obj | None = next((c for c in before if c["type"] == kind), None)
        put(status, kind, str(value), reason, "", str(time))
        types = [c["type"] for c in status["conditions"]]
        assert len(types) == len(set(types))
        if old and (old["status"], old["reason"]) == (str(value), reason):
            assert status["conditions"] == before
        else:
            assert types[-1] == kind
            since = old["lastTransitionTime"] if old and old["status"] == str(value) else str(time)
            assert status["conditions"][-1]["lastTransitionTime"] == since
    finish(status, "Succeeded", "r", "m", "9")
    assert status["conditions"][-1]["type"] == "Succeeded"
    assert all(c["status"] == "False" for c in status["conditions"] if c["type"] == "Running")
