"""What a smoke run found out: plain values, the source of report.json, report.html and the JUnit file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

StepState = Literal["passed", "failed", "skipped"]

#: The steps, in their order.
STEPS = ("data", "tune", "train", "pick", "package", "serve", "predict")


@dataclass(frozen=True)
class Step:
    """One step: wall time in seconds; ``summary`` is one sentence; ``error`` is the whole message of a failure."""

    name: str
    state: StepState
    seconds: float = 0.0
    summary: str = ""
    error: str = ""


@dataclass(frozen=True)
class Dataset:
    """The data set that was used: ``name`` is mnist or digits, ``why`` says why this one; counts of images."""

    name: str
    why: str
    train: int
    held_out: int


@dataclass(frozen=True)
class Trial:
    """A Katib Trial: ``parameters`` by name, ``accuracy`` on the held-out set or None when it gave none."""

    name: str
    state: str
    parameters: dict[str, float]
    accuracy: float | None


@dataclass(frozen=True)
class Model:
    """A trained model: ``trained_accuracy`` as its trainer measured it, ``onnx_accuracy`` of its exported file."""

    name: str
    framework: str
    trained_accuracy: float
    onnx_accuracy: float
    bytes: int
    chosen: bool = False


@dataclass(frozen=True)
class Sample:
    """One digit: 784 grey values 0…255 row by row, its label, the prediction and its probability."""

    pixels: tuple[int, ...]
    label: int
    predicted: int
    probability: float


@dataclass(frozen=True)
class Predictions:
    """Answers of the gateway: ``confusion[label][predicted]`` counts, for ``count`` digits; URLs that were asked."""

    urls: tuple[str, ...]
    count: int
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    milliseconds_per_digit: float
    samples: tuple[Sample, ...] = ()


@dataclass
class SmokeReport:
    """The result of a run. ``ok`` only when every step passed; ``best`` are the parameters that the search chose."""

    started: str
    machine: str = ""
    seconds: float = 0.0
    kept: bool = False
    steps: list[Step] = field(default_factory=list)
    dataset: Dataset | None = None
    trials: list[Trial] = field(default_factory=list)
    best: dict[str, float] = field(default_factory=dict)
    models: list[Model] = field(default_factory=list)
    image: str = ""
    predictions: Predictions | None = None
    files: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every step passed."""
        return len(self.steps) == len(STEPS) and all(step.state == "passed" for step in self.steps)

    @property
    def error(self) -> str:
        """The message of the step that failed, or ""."""
        return next((step.error for step in self.steps if step.state == "failed"), "")

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {"ok": self.ok, **asdict(self)}
