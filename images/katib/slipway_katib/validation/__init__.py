"""Is this an Experiment that can run? A list of problems, each naming its field; empty when there are none.

Source: Katib v0.19, pkg/webhook/v1beta1/experiment/validator/validator.go. What this edition does not do is a problem,
too.
"""

from __future__ import annotations

from slipway_katib.names import Obj
from slipway_katib.validation import counts, objective, parameters, trial, unsupported
from slipway_katib.validation.problem import Problem

__all__ = ["Problem", "message", "problems_of"]


def problems_of(name: str, spec: Obj, source: Obj | str | None) -> list[Problem]:
    """``spec`` with defaults; ``source`` is the trial's template (None when it could not be had)."""
    try:
        return [
            *counts.check(name, spec),
            *objective.check(spec),
            *unsupported.check(spec),
            *parameters.check(spec),
            *trial.check(spec, source),
        ]
    except (AttributeError, TypeError, KeyError) as error:
        # A part that the CRD's schema leaves open has a wrong shape.
        return [Problem("spec", f"is malformed: {error}")]


def message(problems: list[Problem]) -> str:
    """One sentence for the Failed condition."""
    return "Experiment is invalid: " + "; ".join(map(str, problems[:10]))
