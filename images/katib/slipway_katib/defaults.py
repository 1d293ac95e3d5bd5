"""What an Experiment means where it says nothing. Source: Katib v0.19, experiment_defaults.go.

Values that do not depend on others are also defaults of the CRD's schema; both agree.
"""

from __future__ import annotations

import copy

from slipway_katib.names import Obj

JOB_ROLE_MASTER = {"training.kubeflow.org/job-role": "master"}
TRAINING_KINDS = ("TFJob", "PyTorchJob", "MPIJob", "XGBoostJob")


def condition_query(kind: str) -> str:
    """The GJSON query for a condition of this type with status True."""
    return f'status.conditions.#(type=="{kind}")#|#(status=="True")#'


def with_defaults(spec: Obj) -> Obj:
    """A completed copy of an Experiment's spec. Wrongly typed parts stay as they are: validation names them."""
    spec = copy.deepcopy(spec)
    if spec.get("parallelTrialCount") is None:
        spec["parallelTrialCount"] = 3
    spec["resumePolicy"] = spec.get("resumePolicy") or "Never"
    if isinstance(spec.get("objective"), dict):
        _objective(spec["objective"])
    if isinstance(spec.get("trialTemplate"), dict):
        _template(spec["trialTemplate"])
    spec["metricsCollectorSpec"] = collector = spec.get("metricsCollectorSpec") or {}
    if isinstance(collector, dict) and not collector.get("collector"):
        collector["collector"] = {"kind": "StdOut"}
    for parameter in spec.get("parameters") or []:
        space = parameter.get("feasibleSpace") if isinstance(parameter, dict) else None
        if isinstance(space, dict) and space and not space.get("distribution"):
            space["distribution"] = "uniform"
    return spec


def _objective(objective: Obj) -> None:
    strategies = list(objective.get("metricStrategies") or [])
    known = {s.get("name") for s in strategies if isinstance(s, dict)}
    value = {"minimize": "min", "maximize": "max"}.get(str(objective.get("type")), "latest")
    for name in (objective.get("objectiveMetricName"), *(objective.get("additionalMetricNames") or [])):
        if name not in known:
            strategies.append({"name": name, "value": value})
            known.add(name)
    objective["metricStrategies"] = strategies


def _template(template: Obj) -> None:
    trial_spec = template.get("trialSpec")
    kind = trial_spec.get("kind") if isinstance(trial_spec, dict) else None
    if kind == "Job":
        success = "Complete"
    elif kind in TRAINING_KINDS:
        success = "Succeeded"
        template["primaryPodLabels"] = template.get("primaryPodLabels") or dict(JOB_ROLE_MASTER)
    else:
        return
    template["successCondition"] = template.get("successCondition") or condition_query(success)
    template["failureCondition"] = template.get("failureCondition") or condition_query("Failed")
