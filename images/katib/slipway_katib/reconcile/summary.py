"""Trials counted, listed and compared. Source: Katib v0.19, experiment/util/status_util.go."""

from __future__ import annotations

from collections.abc import Sequence

from slipway_katib import numbers
from slipway_katib.conditions import holds
from slipway_katib.metrics import objective_value
from slipway_katib.names import UNAVAILABLE, Obj

#: The first that holds counts; none of them means pending. (condition, list, count)
STATES = (
    ("Killed", "killedTrialList", "trialsKilled"),
    ("Failed", "failedTrialList", "trialsFailed"),
    ("Succeeded", "succeededTrialList", "trialsSucceeded"),
    ("EarlyStopped", "earlyStoppedTrialList", "trialsEarlyStopped"),
    ("Running", "runningTrialList", "trialsRunning"),
    ("MetricsUnavailable", "metricsUnavailableTrialList", "trialMetricsUnavailable"),
    ("Pending", "pendingTrialList", "trialsPending"),
)


def state_of(trial: Obj) -> str:
    """The state that a trial counts as."""
    status = trial.get("status") or {}
    return next((state for state, _, _ in STATES[:-1] if holds(status, state)), "Pending")


def is_active(trial: Obj) -> bool:
    """Pending or running."""
    return state_of(trial) in ("Pending", "Running")


def by_age(trials: Sequence[Obj]) -> list[Obj]:
    """Oldest first."""
    return sorted(trials, key=lambda trial: (trial["metadata"].get("creationTimestamp", ""), trial["metadata"]["name"]))


def summarize(status: Obj, objective: Obj, trials: Sequence[Obj]) -> bool:
    """Write lists, counts and currentOptimalTrial into ``status``; True when the goal is reached.

    Empty lists and zero counts are left out, as Go's omitempty does.
    """
    names: dict[str, list[str]] = {state: [] for state, _, _ in STATES}
    for trial in trials:
        names[state_of(trial)].append(trial["metadata"]["name"])
    for state, list_field, count_field in STATES:
        _set(status, list_field, names[state])
        _set(status, count_field, len(names[state]))
    _set(status, "trials", len(trials))
    best, reached = _best(objective, trials)
    if best is not None:
        status["currentOptimalTrial"] = {
            "bestTrialName": best["metadata"]["name"],
            "parameterAssignments": best["spec"].get("parameterAssignments") or [],
            "observation": {"metrics": ((best.get("status") or {}).get("observation") or {}).get("metrics") or []},
        }
    return reached


def _set(status: Obj, field: str, value: object) -> None:
    if value:
        status[field] = value
    else:
        status.pop(field, None)


def _best(objective: Obj, trials: Sequence[Obj]) -> tuple[Obj | None, bool]:
    """The best trial, and whether one reached the goal. A value that is no number makes its trial the best."""
    best: Obj | None = None
    best_value = 0.0
    reached = False
    goal, sign = objective.get("goal"), -1 if objective.get("type") == "maximize" else 1
    for trial in trials:
        text = objective_value(objective, (trial.get("status") or {}).get("observation"))
        if text == UNAVAILABLE:
            continue
        value = numbers.parse(text)
        if value is None:
            best = trial
            continue
        if best is None or sign * value < sign * best_value:
            best, best_value = trial, value
        if goal is not None and sign * best_value <= sign * goal:
            reached = True
    return best, reached
