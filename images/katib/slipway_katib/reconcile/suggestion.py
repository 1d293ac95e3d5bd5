"""The Suggestion: where the state of an experiment lives.

Source: Katib v0.19, suggestion_controller.go. There is no Deployment here, the algorithms run in this process.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from random import Random

from slipway_katib import numbers
from slipway_katib.algorithms import BadSettings, Past, settings_of, suggest
from slipway_katib.conditions import TRUE, begin, finish, holds, put
from slipway_katib.defaults import with_defaults
from slipway_katib.metrics import objective_value
from slipway_katib.names import UNAVAILABLE, Obj, trial_name
from slipway_katib.reconcile.actions import Action, SetStatus
from slipway_katib.reconcile.experiment import algorithm_problem
from slipway_katib.reconcile.summary import is_active
from slipway_katib.space import axis_of


def step(suggestion: Obj, experiment: Obj, trials: Sequence[Obj], random: Random, now: str) -> list[Action]:
    """The next change; none when all requested suggestions are made. ``random`` makes names, nothing else."""
    before = suggestion.get("status") or {}
    if holds(before, "Succeeded", "Failed") or holds(experiment.get("status") or {}, "Succeeded", "Failed"):
        return []
    status = copy.deepcopy(before)
    if not holds(status, "Created"):
        begin(status, "SuggestionCreated", "Suggestion is created", now)
        return [SetStatus(suggestion, status)]
    spec = with_defaults(experiment["spec"])
    if not holds(status, "Running"):
        text = "The suggestion service runs inside the controller, it needs no Deployment"
        put(status, "DeploymentReady", TRUE, "DeploymentReady", text, now)
        if problem := algorithm_problem({**spec, "algorithm": suggestion["spec"]["algorithm"]}):
            finish(status, "Failed", "SuggestionFailed", f"Validation failed: {problem}", now)
            return [SetStatus(suggestion, status)]
        put(status, "Running", TRUE, "SuggestionRunning", "Suggestion is running", now)
    made = status.get("suggestions") or []
    wanted = suggestion["spec"].get("requests", 0) - len(made)
    if wanted > 0:
        try:
            new = _assignments(suggestion, experiment, spec, trials, made, wanted)
        except BadSettings as error:
            finish(status, "Failed", "SuggestionFailed", f"Validation failed: {error}", now)
            return [SetStatus(suggestion, status)]
        names = _names(experiment["metadata"]["name"], {one["name"] for one in made}, len(new), random)
        status["suggestions"] = made + [
            {"name": name, "parameterAssignments": [{"name": key, "value": value} for key, value in one.items()]}
            for name, one in zip(names, new, strict=True)
        ]
        status["suggestionCount"] = len(status["suggestions"])
    return [] if status == before else [SetStatus(suggestion, status)]


def _names(experiment: str, taken: set[str], count: int, random: Random) -> list[str]:
    """``count`` new names, none of them taken."""
    new: list[str] = []
    while len(new) < count:
        name = trial_name(experiment, random)
        if name not in taken:
            taken.add(name)
            new.append(name)
    return new


def _assignments(
    suggestion: Obj, experiment: Obj, spec: Obj, trials: Sequence[Obj], made: Sequence[Obj], wanted: int
) -> list[dict[str, str]]:
    algorithm = suggestion["spec"]["algorithm"]
    by_name = {trial["metadata"]["name"]: trial for trial in trials}
    return suggest(
        algorithm["algorithmName"],
        settings_of(algorithm),
        [axis_of(parameter) for parameter in spec["parameters"]],
        [_past(one, by_name.get(one["name"])) for one in made],
        wanted,
        maximize=spec["objective"]["type"] == "maximize",
        salt=experiment["metadata"]["uid"],
    )


def _past(one: Obj, trial: Obj | None) -> Past:
    assignment = {p["name"]: p["value"] for p in one.get("parameterAssignments") or []}
    if trial is None or is_active(trial):
        return Past(assignment)
    text = objective_value(trial["spec"].get("objective") or {}, (trial.get("status") or {}).get("observation"))
    value = None if text == UNAVAILABLE else numbers.parse(text)
    return Past(assignment, value=value, failed=value is None)
