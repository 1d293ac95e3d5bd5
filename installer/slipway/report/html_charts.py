"""Geometry of the report's charts: from results to coordinates, in the units of each SVG's viewBox. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slipway.smoke.results import Step, Trial

TIMELINE = 1000.0
#: A panel's size and margins: left, right, top, bottom.
WIDTH, HEIGHT = 420.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 16.0, 14.0, 40.0
TITLES = {"lr": "learning rate", "momentum": "momentum"}


@dataclass(frozen=True)
class Bar:
    """A step's part of the timeline: x and width of 1000."""

    name: str
    state: str
    seconds: float
    x: float
    width: float


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A trial: its place, a title for the mouse, whether it is the chosen one."""

    x: float
    y: float
    title: str
    best: bool


@dataclass(frozen=True)
class Panel:
    """Accuracy against one parameter."""

    title: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    dots: list[Dot]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    top: float = TOP
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Cell:
    """A cell of the confusion matrix: ``strength`` is its share of the row; right on the diagonal."""

    row: int
    column: int
    count: int
    strength: float
    right: bool

    @property
    def opacity(self) -> float:
        """0…1: a single mistake must be seen among hundreds that are right."""
        if not self.count:
            return 0.05
        return 0.1 + 0.9 * self.strength if self.right else min(1.0, 0.35 + 2 * self.strength)


def timeline(steps: Sequence[Step]) -> list[Bar]:
    """The steps one after the other, in proportion to their times."""
    total = sum(step.seconds for step in steps) or 1.0
    bars, x = [], 0.0
    for step in steps:
        width = step.seconds / total * TIMELINE
        bars.append(Bar(step.name, step.state, step.seconds, round(x, 2), round(width, 2)))
        x += width
    return bars


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers that cover low…high in about ``count`` steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if span < 1e-6 * max(1.0, abs(high)):
        span = max(1.0, abs(high))
    rough = span / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


def panels(trials: Sequence[Trial], best: dict[str, float]) -> list[Panel]:
    """A panel for each parameter; empty without measured trials."""
    measured = [(trial, trial.accuracy) for trial in trials if trial.accuracy is not None]
    if not measured:
        return []
    names = [name for name in TITLES if all(name in trial.parameters for trial, _ in measured)]
    return [_panel(name, measured, best) for name in names]


def _panel(name: str, measured: list[tuple[Trial, float]], best: dict[str, float]) -> Panel:
    values = [trial.parameters[name] for trial, _ in measured]
    xs, ys = ticks(min(values), max(values)), ticks(min(accuracy for _, accuracy in measured), 1.0)

    def x(value: float) -> float:
        return round(LEFT + 10 + (value - xs[0]) / (xs[-1] - xs[0]) * (WIDTH - LEFT - RIGHT - 20), 2)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - ys[0]) / (ys[-1] - ys[0]) * (HEIGHT - TOP - BOTTOM), 2)

    dots = [
        Dot(x(trial.parameters[name]), y(accuracy), _title(trial, accuracy), trial.parameters == best)
        for trial, accuracy in measured
    ]
    # The chosen one is drawn last, on top.
    dots.sort(key=lambda dot: dot.best)
    return Panel(TITLES[name], [Tick(x(v), f"{v:g}") for v in xs], [Tick(y(v), f"{v * 100:g} %") for v in ys], dots)


def _title(trial: Trial, accuracy: float) -> str:
    parameters = ", ".join(f"{TITLES.get(name, name)} {value:.4g}" for name, value in trial.parameters.items())
    return f"{trial.name}: {parameters}: {accuracy * 100:.1f} %"


def matrix(confusion: Sequence[Sequence[int]]) -> list[Cell]:
    """The cells; colours are by share of the row, so that classes of all sizes compare."""
    cells = []
    for row, counts in enumerate(confusion):
        total = sum(counts) or 1
        cells += [Cell(row, column, n, n / total, row == column) for column, n in enumerate(counts)]
    return cells
