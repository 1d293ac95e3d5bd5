"""Step `tune`: a Katib Experiment finds learning rate and momentum."""

from __future__ import annotations

import re

from slipway.errors import SlipwayError
from slipway.kube import Obj
from slipway.smoke import judges, names
from slipway.smoke.context import Context
from slipway.smoke.objects import experiment
from slipway.smoke.results import Trial
from slipway.smoke.steps import epochs


def tune(context: Context) -> str:
    """Run the Experiment and read its Trials. Raises SlipwayError when it finds no best one."""
    options, report = context.options, context.report
    if report.dataset is None:
        raise SlipwayError("there is no data set", "tune")
    rounds = epochs.of_trial(options, report.dataset)
    built = experiment.build(options, context.run, context.data_directory, rounds)
    done = context.finish(built, judges.experiment, "tune")
    listed = context.kube.objects(
        "kubeflow.org/v1beta1", "Trial", options.project, labels=f"katib.kubeflow.org/experiment={names.TUNE}"
    )
    report.trials = sorted((trial(item) for item in listed), key=lambda one: one.name)
    report.best = best(done)
    accuracies = [one.accuracy for one in report.trials if one.accuracy is not None]
    chosen = ", ".join(f"{name} {value:.4g}" for name, value in report.best.items())
    return f"{len(accuracies)} trials of {rounds} epochs; the best ({chosen}) has an accuracy of {max(accuracies):.3f}"


def best(done: Obj) -> dict[str, float]:
    """The parameters that the Experiment found best. Raises SlipwayError when its status names none."""
    optimal = (done.get("status") or {}).get("currentOptimalTrial") or {}
    values = {item["name"]: float(item["value"]) for item in optimal.get("parameterAssignments") or []}
    if not {"lr", "momentum"} <= values.keys():
        raise SlipwayError("its status names no optimal trial", f"Experiment {names.TUNE}")
    return values


def trial(item: Obj) -> Trial:
    """A Trial with its parameters and the best accuracy of its epochs, if it has one."""
    status = item.get("status") or {}
    assigned = (item.get("spec") or {}).get("parameterAssignments") or []
    metrics = (status.get("observation") or {}).get("metrics") or []
    values = [metric.get("max") for metric in metrics if metric.get("name") == experiment.METRIC]
    accuracy = float(values[0]) if values and re.fullmatch(r"[0-9.eE+-]+", str(values[0])) else None
    conditions = [c["type"] for c in status.get("conditions") or [] if c.get("status") == "True"]
    parameters = {entry["name"]: float(entry["value"]) for entry in assigned}
    return Trial(item["metadata"]["name"], conditions[-1] if conditions else "Created", parameters, accuracy)
