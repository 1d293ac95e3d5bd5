"""The Trial and its job. Source: Katib v0.19, trial_controller.go, trial_controller_util.go, trial/util/job_util.go."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Literal

from slipway_katib import gjson
from slipway_katib.conditions import TRUE, begin, finish, holds, put
from slipway_katib.metrics import is_available
from slipway_katib.names import JOB_KINDS, Obj, controller_of, owner_reference
from slipway_katib.reconcile.actions import Action, Create, Delete, Note, SetStatus

COMPLETED = ("Succeeded", "Failed", "Killed", "EarlyStopped", "MetricsUnavailable")


@dataclass(frozen=True)
class Collected:
    """What the log of the primary pod gave; ``cause`` says why there is nothing in it."""

    observation: Obj | None
    cause: str = ""


@dataclass(frozen=True)
class Collect:
    """Read the log of the primary pod now, then ask again."""


@dataclass(frozen=True)
class Outcome:
    """How a job stands, with the reason and message of the condition that says so."""

    state: Literal["Running", "Succeeded", "Failed"]
    reason: str = ""
    message: str = ""

    def extend(self, reason: str, message: str) -> tuple[str, str]:
        """Reason and message of a Trial's condition."""
        if self.reason:
            reason = f"{reason}. Job reason: {self.reason}"
        if self.message:
            message = f"{message}. Job message: {self.message}"
        return reason, message


def outcome_of(job: Obj, spec: Obj) -> Outcome:
    """How the job stands by the trial's conditions; failure is asked first. Raises gjson.BadExpression."""
    for state, field in (("Failed", "failureCondition"), ("Succeeded", "successCondition")):
        found = gjson.get(job, spec.get(field) or "")
        if isinstance(found, dict) or (isinstance(found, list) and found):
            first: Any = found[0] if isinstance(found, list) else found
            words = first if isinstance(first, dict) else {}
            return Outcome(
                "Failed" if state == "Failed" else "Succeeded",
                str(words.get("reason") or ""),
                str(words.get("message") or ""),
            )
    return Outcome("Running")


def problem_of(trial: Obj) -> str:
    """Why a Trial (made by hand, perhaps) cannot run at all; "" when it can."""
    spec = trial.get("spec") or {}
    job = spec.get("runSpec") or {}
    version = (JOB_KINDS.get(str(job.get("kind"))) or ("",))[0]
    if not version or version != job.get("apiVersion"):
        return f"a trial of kind {job.get('kind')} ({job.get('apiVersion')}) is not supported"
    if not (spec.get("objective") or {}).get("objectiveMetricName"):
        return "spec.objective.objectiveMetricName must be specified"
    kind = ((spec.get("metricsCollector") or {}).get("collector") or {}).get("kind", "StdOut")
    if kind != "StdOut":
        return f"the metrics collector {kind} is not supported in the compact edition of Katib"
    meta = trial["metadata"]
    named = job.get("metadata") or {}
    if (named.get("name"), named.get("namespace")) != (meta["name"], meta["namespace"]):
        return "spec.runSpec must have the name and namespace of the Trial"
    return ""


def step(trial: Obj, job: Obj | None, collected: Collected | None, now: str) -> list[Action] | Collect:
    """The next changes; none when nothing is left to do until the job changes."""
    status = copy.deepcopy(trial.get("status") or {})
    if not holds(status, "Created"):
        begin(status, "TrialCreated", "Trial is created", now)
        return [SetStatus(trial, status)]
    if holds(status, *COMPLETED):
        return _clean(trial, job)
    if problem := problem_of(trial):
        return fail(trial, f"Trial has failed: {problem}", now)
    if job is None:
        name = trial["metadata"]["name"]
        if is_available(trial["spec"]["objective"], status.get("observation")):
            # Its pod ended well, its metrics are here: a job with a short ttlSecondsAfterFinished has gone by itself.
            finish(status, "Succeeded", "TrialSucceeded", "Trial has succeeded", now)
            return [SetStatus(trial, status), Note(trial, "JobSucceeded", f"Job {name} has succeeded")]
        return [Create(_job(trial)), Note(trial, "JobCreated", f"Job {name} has been created")]
    owner = controller_of(job) or {}
    if owner.get("uid") != trial["metadata"]["uid"]:
        if owner.get("kind") == "Trial" or job["metadata"].get("deletionTimestamp"):
            return []  # of an earlier Trial of this name: the garbage collector takes it, then an event comes
        return fail(trial, f"Trial has failed: a {job['kind']} of its name belongs to somebody else", now)
    try:
        outcome = outcome_of(job, trial["spec"])
    except gjson.BadExpression as error:
        return fail(trial, f"Trial has failed: {error}", now)
    if outcome.state == "Succeeded":
        return Collect() if collected is None else _succeeded(trial, status, outcome, collected, now)
    if outcome.state == "Failed":
        reason, message = outcome.extend("TrialFailed", "Trial has failed")
        finish(status, "Failed", reason, message, now)
        text = " ".join(filter(None, (f"Job {job['metadata']['name']} has failed", outcome.message, outcome.reason)))
        return [SetStatus(trial, status), Note(trial, "JobFailed", text)]
    if collected and is_available(trial["spec"]["objective"], collected.observation):
        status["observation"] = collected.observation
    put(status, "Running", TRUE, "TrialRunning", "Trial is running", now)
    return [] if status == (trial.get("status") or {}) else [SetStatus(trial, status)]


def fail(trial: Obj, message: str, now: str) -> list[Action]:
    """The Trial cannot go on."""
    status = copy.deepcopy(trial.get("status") or {})
    finish(status, "Failed", "TrialFailed", message, now)
    return [SetStatus(trial, status), Note(trial, "TrialFailed", message, warning=True)]


def _succeeded(trial: Obj, status: Obj, outcome: Outcome, collected: Collected, now: str) -> list[Action]:
    objective, name = trial["spec"]["objective"], trial["metadata"]["name"]
    # What was read when the pod ended stands when the pod is gone by now.
    if collected.observation and (is_available(objective, collected.observation) or not status.get("observation")):
        status["observation"] = collected.observation
    if is_available(objective, status.get("observation")):
        reason, message = outcome.extend("TrialSucceeded", "Trial has succeeded")
        finish(status, "Succeeded", reason, message, now)
        return [SetStatus(trial, status), Note(trial, "JobSucceeded", f"Job {name} has succeeded")]
    reason, message = outcome.extend("MetricsUnavailable", "Metrics are not available")
    if collected.cause:
        message = f"{message}. Cause: {collected.cause}"
    finish(status, "MetricsUnavailable", reason, message, now)
    text = f"Metrics are not available for Job {name}"
    return [SetStatus(trial, status), Note(trial, "MetricsUnavailable", text, warning=True)]


def _clean(trial: Obj, job: Obj | None) -> list[Action]:
    """After the end the job goes, unless it is to be retained."""
    if job is None or trial["spec"].get("retainRun") or job["metadata"].get("deletionTimestamp"):
        return []
    if (controller_of(job) or {}).get("uid") != trial["metadata"]["uid"]:
        return []
    name = trial["metadata"]["name"]
    return [Delete(job, foreground=True), Note(trial, "JobDeleted", f"Job {name} has been deleted")]


def _job(trial: Obj) -> Obj:
    job = copy.deepcopy(trial["spec"]["runSpec"])
    job["metadata"]["ownerReferences"] = [owner_reference(trial)]
    return dict(job)
