"""Requests to a served model and the checking of its answers: Seldon's protocol, tensor form. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slipway.smoke.results import Predictions, Sample

NAMES = [f"t:{digit}" for digit in range(10)]
SAMPLES = 24
Digit = tuple[int, bytes]


class BadAnswer(ValueError):
    """An answer that is not what the contract promises; the message says what is wrong."""


@dataclass(frozen=True)
class Answer:
    """Probabilities of the ten digits, one row per digit asked."""

    probabilities: tuple[tuple[float, ...], ...]


def body(digits: Sequence[Digit]) -> dict[str, Any]:
    """The request for digits: rows of 784 grey values 0…1."""
    values = [round(grey / 255, 4) for _, pixels in digits for grey in pixels]
    return {"data": {"names": [], "tensor": {"shape": [len(digits), 784], "values": values}}}


def check(answer: Any, count: int) -> Answer:
    """The probabilities of an answer to ``count`` digits. Raises BadAnswer."""
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
        raise BadAnswer(f"no data in the answer: {str(answer)[:200]}")
    data = answer["data"]
    if data.get("names") != NAMES:
        raise BadAnswer(f"data.names is {data.get('names')}, not t:0…t:9")
    tensor = data.get("tensor")
    if not isinstance(tensor, dict):
        raise BadAnswer(f"no tensor in the answer, only {', '.join(sorted(data))}")
    shape, values = tensor.get("shape"), tensor.get("values")
    if shape != [count, 10]:
        raise BadAnswer(f"a tensor of shape {shape} for {count} digits, not {[count, 10]}")
    if not isinstance(values, list) or len(values) != count * 10:
        raise BadAnswer(f"{len(values) if isinstance(values, list) else 'no'} values for the shape {shape}")
    if not all(isinstance(v, int | float) and math.isfinite(v) and -1e-6 <= v <= 1 + 1e-6 for v in values):
        raise BadAnswer("not all values are probabilities between 0 and 1")
    rows = [tuple(float(v) for v in values[start : start + 10]) for start in range(0, len(values), 10)]
    for number, row in enumerate(rows):
        if abs(sum(row) - 1) > 1e-3:
            raise BadAnswer(f"the probabilities of digit {number} sum to {sum(row):.4f}, not to 1")
    return Answer(tuple(rows))


def score(digits: Sequence[Digit], answer: Answer, urls: tuple[str, ...], seconds: float) -> Predictions:
    """Compare answers with labels. ``seconds`` is the time of all requests. Samples: all errors first, then others."""
    confusion = [[0] * 10 for _ in range(10)]
    samples = []
    for (label, pixels), row in zip(digits, answer.probabilities, strict=True):
        predicted = max(range(10), key=row.__getitem__)
        confusion[label][predicted] += 1
        samples.append(Sample(tuple(pixels), label, predicted, round(row[predicted], 4)))
    samples.sort(key=lambda sample: sample.label == sample.predicted)
    right = sum(confusion[digit][digit] for digit in range(10))
    return Predictions(
        urls=urls,
        count=len(digits),
        accuracy=right / len(digits),
        confusion=tuple(tuple(row) for row in confusion),
        milliseconds_per_digit=seconds * 1000 / (len(digits) * len(urls)),
        samples=tuple(samples[:SAMPLES]),
    )
