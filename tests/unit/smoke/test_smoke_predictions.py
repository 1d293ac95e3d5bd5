"""Answers of a model are taken only in the promised form."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.smoke import predictions
from slipway.smoke.predictions import Answer, BadAnswer

DIGITS = [(3, bytes([0] * 783 + [255])), (7, bytes([128] * 784)), (3, bytes(784))]


def row(digit: int, probability: float = 0.91) -> tuple[float, ...]:
    """Probabilities that favour a digit."""
    return tuple(probability if i == digit else (1 - probability) / 9 for i in range(10))


def answer(*rows: tuple[float, ...]) -> dict[str, Any]:
    """What Seldon's microservice gives back."""
    values = [value for one in rows for value in one]
    tensor = {"shape": [len(rows), 10], "values": values}
    return {"data": {"names": [f"t:{i}" for i in range(10)], "tensor": tensor}, "meta": {}}


def test_the_request_is_a_tensor_of_rows() -> None:
    body = predictions.body(DIGITS)
    assert body["data"]["names"] == []
    assert body["data"]["tensor"]["shape"] == [3, 784]
    values = body["data"]["tensor"]["values"]
    assert len(values) == 3 * 784
    assert values[783] == 1
    assert values[784] == pytest.approx(128 / 255, abs=1e-4)


def test_a_good_answer_is_taken() -> None:
    checked = predictions.check(answer(row(3), row(7)), 2)
    assert checked.probabilities == (row(3), row(7))


def change(path: str, value: Any) -> dict[str, Any]:
    """A good answer to two digits with one thing changed."""
    changed: Any = copy.deepcopy(answer(row(3), row(7)))
    *parents, last = path.split(".")
    place = changed
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return dict(changed)


@pytest.mark.parametrize(
    ("given_answer", "reason"),
    [
        ("text", "no data"),
        ({"status": {"status": 1, "info": "x"}}, "no data"),
        (change("data.names", ["a"] * 10), "t:0…t:9"),
        (change("data.names", None), "t:0…t:9"),
        (change("data.tensor", None), "no tensor"),
        (change("data.tensor.shape", [10, 2]), "shape"),
        (change("data.tensor.shape", [1, 10]), "shape"),
        (change("data.tensor.shape", [2, 10, 1]), "shape"),
        (change("data.tensor.values", [0.1] * 19), "19 values"),
        (change("data.tensor.values", [0.1] * 19 + [float("nan")]), "not all values"),
        (change("data.tensor.values", [0.1] * 19 + ["0.1"]), "not all values"),
        (change("data.tensor.values", [1.1, -0.1] + [0.0] * 8 + [0.1] * 10), "not all values"),
        (change("data.tensor.values", [0.1] * 10 + [0.2] * 10), "digit 1 sum to 2.0"),
    ],
)
def test_other_answers_are_refused(given_answer: Any, reason: str) -> None:
    with pytest.raises(BadAnswer, match=reason):
        predictions.check(given_answer, 2)


def test_the_score_counts_and_shows_errors_first() -> None:
    found = predictions.score(DIGITS, Answer((row(3), row(1), row(3))), ("a", "b"), 0.6)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.confusion[3][3] == 2
    assert found.confusion[7][1] == 1
    assert sum(map(sum, found.confusion)) == found.count == 3
    assert (found.samples[0].label, found.samples[0].predicted) == (7, 1)
    assert found.milliseconds_per_digit == pytest.approx(100)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60))
def test_accuracy_is_the_share_of_right_ones(pairs: list[tuple[int, int]]) -> None:
    digits = [(label, bytes(784)) for label, _ in pairs]
    found = predictions.score(digits, Answer(tuple(row(p) for _, p in pairs)), ("a",), 1.0)
    assert found.accuracy == sum(label == p for label, p in pairs) / len(pairs)
    assert len(found.samples) == min(len(pairs), predictions.SAMPLES)
