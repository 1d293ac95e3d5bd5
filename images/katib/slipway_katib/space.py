"""Parameters and their feasible spaces: what Katib's ParameterSpec means as numbers.

Source: Katib v0.19, validator.go, search_space.py and hyperopt/base_service.py. Decimal arithmetic keeps 0.1 + 2 × 0.1
at 0.3. Unlike Katib, values of normal and logNormal stay within [min, max].
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from statistics import NormalDist
from typing import Any

DISTRIBUTIONS = ("uniform", "logUniform", "normal", "logNormal")
#: Integers beyond this lose their last digits in a double.
MAX_INT = 2**53


class BadSpace(ValueError):
    """A feasible space that contains nothing or cannot be read; ``field`` is the part at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Choice:
    """A categorical or discrete parameter: values are texts."""

    name: str
    values: tuple[str, ...]

    def count(self) -> int:
        return len(self.values)

    def grid(self) -> Iterator[str]:
        return iter(self.values)


@dataclass(frozen=True)
class Range:
    """A double or int parameter; ``step`` None means continuous (or every integer)."""

    name: str
    integer: bool
    low: Decimal
    high: Decimal
    step: Decimal | None
    distribution: str

    def last(self) -> Decimal:
        """The greatest value that steps from ``low`` reach."""
        if self.step is None:
            return self.high
        return self.low + (self.high - self.low) // self.step * self.step

    def count(self) -> int | None:
        """How many values; None for a continuum."""
        step = self.step or (Decimal(1) if self.integer else None)
        return None if step is None else int((self.high - self.low) // step) + 1

    def grid(self) -> Iterator[str]:
        """Each value; only for a space with a count."""
        step = self.step or Decimal(1)
        return (self.text(self.low + index * step) for index in range(self.count() or 0))

    def snap(self, value: float) -> Decimal:
        """The feasible value next to a number."""
        number = min(max(Decimal(repr(value)), self.low), self.high)
        step = self.step or (Decimal(1) if self.integer else None)
        if step is not None:
            number = self.low + ((number - self.low) / step).to_integral_value() * step
            number = min(number, self.low + (self.high - self.low) // step * step)
        return number

    def text(self, value: Decimal) -> str:
        """As it stands in an assignment."""
        return str(int(value)) if self.integer else repr(float(value))

    def bell(self) -> NormalDist:
        """normal and logNormal: the middle of the range, a sixth of it as deviation."""
        low, high = float(self.low), float(self.high)
        if self.distribution == "logNormal":
            low, high = math.log(low), math.log(high)
        return NormalDist((low + high) / 2, (high - low) / 6 or 1e-12)


Axis = Choice | Range


def axis_of(parameter: dict[str, Any]) -> Axis:
    """The axis of one ParameterSpec. Raises BadSpace."""
    name, kind = str(parameter.get("name", "")), parameter.get("parameterType")
    space = parameter.get("feasibleSpace") or {}
    if kind in ("categorical", "discrete"):
        values = tuple(str(value) for value in space.get("list") or [])
        if not values:
            raise BadSpace("list", f"feasibleSpace.list must be specified for parameterType: {kind}")
        return Choice(name, tuple(dict.fromkeys(values)))
    integer = kind == "int"
    low, high = _number(space, "min", integer), _number(space, "max", integer)
    if low > high:
        raise BadSpace("max", f"feasibleSpace.max {high} is less than feasibleSpace.min {low}")
    step = _number(space, "step", integer) if space.get("step") not in (None, "") else None
    if step is not None and step <= 0:
        raise BadSpace("step", "feasibleSpace.step must be greater than 0")
    distribution = space.get("distribution") or "uniform"
    if distribution.startswith("log") and low <= 0:
        raise BadSpace("min", f"feasibleSpace.min must be greater than 0 for distribution: {distribution}")
    return Range(name, integer, low, high, step, distribution)


def _number(space: dict[str, Any], field: str, integer: bool) -> Decimal:
    text = str(space.get(field, ""))
    try:
        value = Decimal(text)
        if not value.is_finite() or math.isinf(float(value)) or "_" in text or not text.isascii():
            raise ValueError
        if integer and (value != value.to_integral_value() or abs(value) > MAX_INT):
            raise ValueError
    except (InvalidOperation, ValueError, OverflowError):
        raise BadSpace(field, f"{text!r} is not {'an integer' if integer else 'a number'}") from None
    return value
