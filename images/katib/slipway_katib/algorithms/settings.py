"""algorithmSettings, checked as Katib's suggestion services check them.

Source: Katib v0.19, pkg/suggestion/v1beta1/{hyperopt,optuna}/service.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Number = int | float


class BadSettings(ValueError):
    """Settings, or a search space, that an algorithm cannot work with."""


@dataclass(frozen=True)
class Rule:
    """How a setting is read, what must hold, and the words for it."""

    read: Callable[[str], Number]
    holds: Callable[[Number], bool]
    words: str


_NOT_NEGATIVE = Rule(int, lambda value: value >= 0, "should be greater than or equal to zero")
_POSITIVE_INT = Rule(int, lambda value: value > 0, "should be greater than zero")
_POSITIVE = Rule(float, lambda value: 0 < value < float("inf"), "should be greater than zero")
_FRACTION = Rule(float, lambda value: 0 < value < 1, "should be in the range of (0, 1)")

_RULES: Mapping[str, Mapping[str, Rule]] = {
    "random": {"random_state": _NOT_NEGATIVE},
    "grid": {"random_state": _NOT_NEGATIVE},
    "tpe": {
        "gamma": _FRACTION,
        "prior_weight": _POSITIVE,
        "n_EI_candidates": _POSITIVE_INT,
        "random_state": _NOT_NEGATIVE,
    },
    "multivariate-tpe": {
        "n_startup_trials": _NOT_NEGATIVE,
        "n_ei_candidates": _POSITIVE_INT,
        "random_state": _NOT_NEGATIVE,
    },
}

#: The algorithms of this edition.
NAMES = tuple(_RULES)


def settings_of(algorithm: Mapping[str, Any]) -> dict[str, Number]:
    """The settings of an AlgorithmSpec by name. Raises BadSettings."""
    name = str(algorithm.get("algorithmName", ""))
    if name not in _RULES:
        raise BadSettings(f"unknown algorithm name {name}")
    out: dict[str, Number] = {}
    for setting in algorithm.get("algorithmSettings") or []:
        key, text = str(setting.get("name", "")), str(setting.get("value", ""))
        rule = _RULES[name].get(key)
        if rule is None:
            raise BadSettings(f"unknown setting {key} for algorithm {name}")
        try:
            value = rule.read(text)
        except ValueError as error:
            raise BadSettings(f"failed to validate {key}({text}): {error}") from error
        if not rule.holds(value):
            raise BadSettings(f"{key} {rule.words}")
        out[key] = value
    return out
