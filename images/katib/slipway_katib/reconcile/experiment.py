"""The Experiment. Source: Katib v0.19, experiment_controller.go and experiment/util/status_util.go."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from slipway_katib.algorithms import BadSettings, settings_of
from slipway_katib.algorithms.grid import check as check_grid
from slipway_katib.conditions import FALSE, TRUE, begin, find, finish, holds, put, remove
from slipway_katib.defaults import with_defaults
from slipway_katib.names import API_VERSION, Obj, controller_of, owner_reference, trial_labels
from slipway_katib.reconcile.actions import Action, Create, Delete, Note, SetRequests, SetStatus
from slipway_katib.reconcile.summary import by_age, is_active, summarize
from slipway_katib.space import axis_of
from slipway_katib.template import BadTemplate, run_spec
from slipway_katib.validation import message, problems_of

MAX_TRIALS = "ExperimentMaxTrialsReached"


def step(
    experiment: Obj, suggestion: Obj | None, trials: Sequence[Obj], source: Obj | str | None, trouble: str, now: str
) -> list[Action]:
    """The next changes; none when nothing is left to do.

    ``source`` is the trial's template: the inline trialSpec or a ConfigMap's text; ``trouble`` says why it is None.
    """
    before = experiment.get("status") or {}
    status = copy.deepcopy(before)
    mine = experiment["metadata"]["uid"]
    trials = by_age([trial for trial in trials if _owner(trial) == mine])
    if not holds(status, "Created"):
        begin(status, "ExperimentCreated", "Experiment is created", now)
        return [SetStatus(experiment, status)]
    spec = with_defaults(experiment.get("spec") or {})
    if suggestion and _owner(suggestion) != mine:
        # Of an earlier Experiment of this name: when the garbage collector has taken it, an event comes.
        return []
    if holds(status, "Failed"):
        return _completed(experiment, spec, suggestion, trials, status)
    if holds(status, "Succeeded"):
        if not _restartable(spec, status):
            return _completed(experiment, spec, suggestion, trials, status)
        remove(status, "Succeeded", "Failed")
        put(status, "Restarting", TRUE, "ExperimentRestarting", "Experiment is restarted", now)
    problem = _problem(experiment["metadata"]["name"], spec, source, trouble)
    if problem:
        finish(status, "Failed", "ExperimentFailed", problem, now)
        return [SetStatus(experiment, status), Note(experiment, "ExperimentFailed", problem, warning=True)]
    if suggestion and holds(suggestion.get("status") or {}, "Failed"):
        cause = (find(suggestion["status"], "Failed") or {}).get("message", "")
        finish(status, "Failed", "ExperimentFailed", f"Suggestion has failed: {cause}", now)
        return [SetStatus(experiment, status)]
    if trials:
        _conclude(status, spec, summarize(status, spec["objective"], trials), now)
    changes: list[Action] = [] if status == before else [SetStatus(experiment, status)]
    if holds(status, "Succeeded", "Failed"):
        return changes
    return changes + _trials(experiment, spec, suggestion, trials, source)


def _owner(obj: Obj) -> str:
    return str((controller_of(obj) or {}).get("uid", ""))


def _problem(name: str, spec: Obj, source: Obj | str | None, trouble: str) -> str:
    problems = problems_of(name, spec, source)
    if problems:
        return message(problems)
    if trouble:
        return f"Experiment is invalid: spec.trialTemplate.configMap {trouble}"
    return ""


def algorithm_problem(spec: Obj) -> str:
    """What Katib's suggestion service would answer to ValidateAlgorithmSettings; "" for yes."""
    try:
        settings_of(spec["algorithm"])
        if spec["algorithm"]["algorithmName"] == "grid":
            check_grid([axis_of(parameter) for parameter in spec["parameters"]], spec.get("maxTrialCount"))
    except BadSettings as error:
        return str(error)
    return ""


def _restartable(spec: Obj, status: Obj) -> bool:
    reason = (find(status, "Succeeded") or {}).get("reason")
    most = spec.get("maxTrialCount")
    return bool(
        reason == MAX_TRIALS
        and spec["resumePolicy"] == "LongRunning"
        and (most is None or most > status.get("trials", 0))
    )


def _completed(experiment: Obj, spec: Obj, suggestion: Obj | None, trials: Sequence[Obj], status: Obj) -> list[Action]:
    """After the end: the Suggestion ends too (Never), and trials that still run are counted until they end."""
    changes: list[Action] = []
    if isinstance(spec.get("objective"), dict) and trials:
        counted = copy.deepcopy(status)
        summarize(counted, spec["objective"], trials)
        if counted != status:
            changes.append(SetStatus(experiment, counted))
    if suggestion and spec["resumePolicy"] == "Never":
        state = copy.deepcopy(suggestion.get("status") or {})
        if not holds(state, "Succeeded", "Failed"):
            _end_suggestion(state, status.get("completionTime") or "")
            changes.append(SetStatus(suggestion, state))
    return changes


def _end_suggestion(state: Obj, now: str) -> None:
    reason = "Suggestion is succeeded"
    for kind, text in (("Running", "Suggestion is not running"), ("DeploymentReady", "Deployment is not ready")):
        if find(state, kind):
            put(state, kind, FALSE, reason, text, now)
    put(state, "Succeeded", TRUE, "Experiment is succeeded", "Suggestion is succeeded, can't be restarted", now)
    state["completionTime"] = now


def _conclude(status: Obj, spec: Obj, goal_reached: bool, now: str) -> None:
    """The condition that follows from the counts."""
    failed = status.get("trialsFailed", 0) + status.get("trialMetricsUnavailable", 0)
    done = failed + sum(status.get(k, 0) for k in ("trialsSucceeded", "trialsKilled", "trialsEarlyStopped"))
    most, most_failed = spec.get("maxTrialCount"), spec.get("maxFailedTrialCount")
    if goal_reached:
        text = "Experiment has succeeded because Objective goal has reached"
        finish(status, "Succeeded", "ExperimentGoalReached", text, now)
    elif most_failed is not None and failed and failed >= most_failed:
        text = "Experiment has failed because max failed count has reached"
        finish(status, "Failed", "ExperimentFailed", text, now)
    elif most is not None and done >= most:
        finish(status, "Succeeded", MAX_TRIALS, "Experiment has succeeded because max trial count has reached", now)
    else:
        put(status, "Running", TRUE, "ExperimentRunning", "Experiment is running", now)


def _trials(
    experiment: Obj, spec: Obj, suggestion: Obj | None, trials: Sequence[Obj], source: Obj | str | None
) -> list[Action]:
    """More trials, or fewer."""
    active = [trial for trial in trials if is_active(trial)]
    parallel, most = spec["parallelTrialCount"], spec.get("maxTrialCount")
    if len(active) > parallel:
        return _fewer(suggestion, trials, active[parallel:])
    # Trials without metrics do not count as completed here: Katib replaces them, up to maxFailedTrialCount.
    done = sum(not is_active(t) and not _unavailable(t) for t in trials)
    add = (parallel if most is None else min(parallel, most - done)) - len(active)
    if add <= 0:
        return []
    requests = len(trials) + add
    if suggestion is None:
        return [Create(_suggestion(experiment, spec, requests))]
    known = {trial["metadata"]["name"] for trial in trials}
    waiting = [s for s in (suggestion.get("status") or {}).get("suggestions") or [] if s["name"] not in known]
    changes: list[Action] = []
    for one in waiting[:add]:
        try:
            changes.append(Create(_trial(experiment, spec, one, source)))
        except BadTemplate as error:
            changes.append(Note(experiment, "ReconcileError", f"Failed to reconcile: {error}", warning=True))
    if not waiting and suggestion["spec"].get("requests", 0) != requests:
        changes.append(SetRequests(suggestion, requests))
    return changes


def _unavailable(trial: Obj) -> bool:
    status = trial.get("status") or {}
    return holds(status, "MetricsUnavailable") and not holds(status, "Killed", "Failed", "Succeeded", "EarlyStopped")


def _fewer(suggestion: Obj | None, trials: Sequence[Obj], extra: Sequence[Obj]) -> list[Action]:
    """Forget the newest trials, then delete them: the other way round a crash would bring them back."""
    gone = {trial["metadata"]["name"] for trial in extra}
    if suggestion:
        status = suggestion.get("status") or {}
        known = {trial["metadata"]["name"] for trial in trials}
        kept = [s for s in status.get("suggestions") or [] if s["name"] in known - gone]
        if suggestion["spec"].get("requests", 0) > len(kept):
            return [SetRequests(suggestion, len(kept))]
        if kept != (status.get("suggestions") or []):
            return [SetStatus(suggestion, {**status, "suggestions": kept, "suggestionCount": len(kept)})]
    return [Delete(trial) for trial in extra]


def _suggestion(experiment: Obj, spec: Obj, requests: int) -> Obj:
    meta = experiment["metadata"]
    labels = {"labels": meta["labels"]} if meta.get("labels") else {}
    return {
        "apiVersion": API_VERSION,
        "kind": "Suggestion",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            **labels,
            "ownerReferences": [owner_reference(experiment)],
        },
        "spec": {"algorithm": spec["algorithm"], "requests": requests, "resumePolicy": spec["resumePolicy"]},
    }


def _trial(experiment: Obj, spec: Obj, one: Obj, source: Obj | str | None) -> Obj:
    meta, template = experiment["metadata"], spec["trialTemplate"]
    assignment = {p["name"]: p["value"] for p in one["parameterAssignments"]}
    if source is None:
        raise BadTemplate("the trial template cannot be read")
    body: Obj = {
        "objective": spec["objective"],
        "parameterAssignments": one["parameterAssignments"],
        "runSpec": run_spec(template, source, assignment, one["name"], meta["namespace"]),
        "metricsCollector": spec["metricsCollectorSpec"],
        "primaryContainerName": template["primaryContainerName"],
        "successCondition": template["successCondition"],
        "failureCondition": template["failureCondition"],
    }
    if template.get("primaryPodLabels"):
        body["primaryPodLabels"] = template["primaryPodLabels"]
    if template.get("retain"):
        body["retainRun"] = True
    return {
        "apiVersion": API_VERSION,
        "kind": "Trial",
        "metadata": {
            "name": one["name"],
            "namespace": meta["namespace"],
            "labels": {**trial_labels(experiment), **(one.get("labels") or {})},
            "ownerReferences": [owner_reference(experiment)],
        },
        "spec": body,
    }
