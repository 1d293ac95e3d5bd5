"""Parameters and their feasible spaces."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_katib.names import Obj
from slipway_katib.space import DISTRIBUTIONS, BadSpace, axis_of
from slipway_katib.validation.problem import Problem


def check(spec: Obj) -> Iterator[Problem]:
    """Problems of spec.parameters."""
    parameters = spec.get("parameters") or []
    if not parameters and not spec.get("nasConfig"):
        yield Problem("spec.parameters", "or spec.nasConfig must be specified")
    seen: set[str] = set()
    for index, parameter in enumerate(parameters):
        name = parameter.get("name")
        if not name or name in seen:
            yield Problem(f"spec.parameters[{index}].name", f"{name!r} must be specified and unique")
        seen.add(str(name))
        yield from _one(f"spec.parameters[{index}]", parameter)


def _one(field: str, parameter: Obj) -> Iterator[Problem]:
    kind, space = parameter.get("parameterType"), parameter.get("feasibleSpace") or {}
    given = {key for key, value in space.items() if value not in (None, "", [])}
    if kind not in ("double", "int", "categorical", "discrete"):
        yield Problem(f"{field}.parameterType", f"parameterType: {kind} is not supported")
        return
    if not given - {"distribution"}:
        yield Problem(f"{field}.feasibleSpace", "feasibleSpace must be specified")
        return
    distribution = space.get("distribution") or "uniform"
    if distribution not in DISTRIBUTIONS:
        yield Problem(f"{field}.feasibleSpace.distribution", f"distribution: {distribution} is not supported")
        return
    if kind in ("double", "int"):
        if "list" in given:
            yield Problem(f"{field}.feasibleSpace.list", f"is not supported for parameterType: {kind}")
        if not {"min", "max"} <= given:
            yield Problem(f"{field}.feasibleSpace", f"max and min must be specified for parameterType: {kind}")
            return
    elif given & {"min", "max", "step"}:
        yield Problem(f"{field}.feasibleSpace", f".max, .min and .step are not supported for parameterType: {kind}")
        return
    try:
        axis_of(parameter)
    except BadSpace as error:
        yield Problem(f"{field}.feasibleSpace.{error.field}", str(error))
