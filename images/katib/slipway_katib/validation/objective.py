"""The objective and its metrics."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_katib.names import Obj
from slipway_katib.validation.problem import Problem


def check(spec: Obj) -> Iterator[Problem]:
    """Problems of spec.objective."""
    objective = spec.get("objective")
    if not objective:
        yield Problem("spec.objective", "must be specified")
        return
    if objective.get("type") not in ("minimize", "maximize"):
        yield Problem("spec.objective.type", f"{objective.get('type')!r} must be minimize or maximize")
    name = objective.get("objectiveMetricName")
    if not name:
        yield Problem("spec.objective.objectiveMetricName", "must be specified")
    if name in (objective.get("additionalMetricNames") or []):
        yield Problem("spec.objective.additionalMetricNames", "should not contain spec.objective.objectiveMetricName")
    for index, strategy in enumerate(objective.get("metricStrategies") or []):
        if strategy.get("value") not in ("min", "max", "latest"):
            field = f"spec.objective.metricStrategies[{index}].value"
            yield Problem(field, f"{strategy.get('value')!r} must be min, max or latest")
