"""Parameters and history → assignments."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from slipway_katib.algorithms import NAMES, BadSettings, Past, settings_of, suggest
from slipway_katib.algorithms.grid import MAX_COMBINATIONS, check, combinations
from slipway_katib.space import Axis, BadSpace, Choice, Range, axis_of

SAMPLERS = [name for name in NAMES if name != "grid"]


def double(name: str = "x", low: str = "0", high: str = "1", **more: str) -> Axis:
    space = {"min": low, "max": high, **more}
    return axis_of({"name": name, "parameterType": "double", "feasibleSpace": space})


def integer(name: str = "n", low: str = "1", high: str = "9", **more: str) -> Axis:
    return axis_of({"name": name, "parameterType": "int", "feasibleSpace": {"min": low, "max": high, **more}})


def choice(*values: str, name: str = "c") -> Axis:
    return axis_of({"name": name, "parameterType": "categorical", "feasibleSpace": {"list": list(values)}})


def ask(algorithm: str, axes: Sequence[Axis], count: int = 1, past: Sequence[Past] = (), **more: Any) -> list[Any]:
    return suggest(algorithm, more, axes, past, count, maximize=False, salt="uid")


def feasible(axis: Axis, text: str) -> bool:
    if isinstance(axis, Choice):
        return text in axis.values
    value = Decimal(text)
    if axis.integer and text != str(int(text)):
        return False
    tolerance = Decimal("1e-9") * max(abs(axis.low), abs(axis.high), Decimal(1))
    inside = axis.low - tolerance <= value <= axis.high + tolerance
    if axis.step is None or not inside:
        return inside
    steps = (value - axis.low) / axis.step
    return abs(steps - steps.to_integral_value()) * axis.step <= tolerance


@st.composite
def parameters(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["double", "int", "categorical", "discrete"]))
    if kind in ("categorical", "discrete"):
        return {"name": "p", "parameterType": kind, "feasibleSpace": {"list": draw(st.lists(st.text(), max_size=5))}}
    number = (
        st.integers(-1000, 1000).map(str)
        if kind == "int"
        else st.decimals(-1000, 1000, places=4, allow_nan=False).map(str)
    )
    space = {"min": draw(number), "max": draw(number)}
    space["distribution"] = draw(st.sampled_from(["uniform", "logUniform", "normal", "logNormal"]))
    if draw(st.booleans()):
        space["step"] = draw(number)
    return {"name": "p", "parameterType": kind, "feasibleSpace": space}


@settings(max_examples=60, deadline=None)
@given(parameters(), st.sampled_from(SAMPLERS))
def test_assignments_are_feasible_or_the_space_is_refused(parameter: dict[str, Any], algorithm: str) -> None:
    try:
        axis = axis_of(parameter)
    except BadSpace as error:
        assert str(error)
        return
    past: list[Past] = []
    for index in range(4):
        (one,) = suggest(algorithm, {}, [axis], past, 1, maximize=True, salt="s")
        assert feasible(axis, one["p"]), one
        past.append(Past(one, value=float(index)) if index % 2 else Past(one))


@settings(max_examples=60, deadline=None)
@given(parameters())
def test_a_grid_has_each_point_once(parameter: dict[str, Any]) -> None:
    try:
        axis = axis_of(parameter)
        total = combinations([axis])
    except (BadSpace, BadSettings) as error:
        assert str(error)
        return
    assume(total < 500)
    points = [one["p"] for one in ask("grid", [axis], total)]
    assert len(set(points)) == total
    assert all(feasible(axis, point) for point in points)


def test_steps_are_decimal() -> None:
    axis = double(low="0.1", high="0.5", step="0.1")
    assert sorted(one["x"] for one in ask("grid", [axis], 5)) == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    assert {one["x"] for one in ask("random", [axis], 40)} <= {"0.1", "0.2", "0.3", "0.4", "0.5"}


def test_integers_are_integers() -> None:
    assert {one["n"] for one in ask("random", [integer(low="1", high="3")], 40)} == {"1", "2", "3"}


@pytest.mark.parametrize("distribution", ["uniform", "logUniform", "normal", "logNormal"])
@pytest.mark.parametrize("algorithm", SAMPLERS)
def test_distributions_stay_inside_and_vary(algorithm: str, distribution: str) -> None:
    axis = double(low="0.001", high="10", distribution=distribution)
    values = [float(one["x"]) for one in ask(algorithm, [axis], 60)]
    assert all(0.001 <= value <= 10 for value in values)
    assert len(set(values)) > 50
    middle = sorted(values)[30]
    # The middle of the logarithms is 0.1, of the numbers 5.
    assert (middle < 1) == distribution.startswith("log")


@pytest.mark.parametrize("algorithm", NAMES)
def test_the_same_history_gives_the_same_answer(algorithm: str) -> None:
    axes = [double(step="0.01"), choice("a", "b", "c")]
    past = [Past({"x": "0.5", "c": "a"}, value=1.0), Past({"x": "0.25", "c": "b"}, failed=True)]
    assert ask(algorithm, axes, 3, past) == ask(algorithm, axes, 3, past)


def test_the_seed_counts() -> None:
    first, second = (ask("random", [double()], random_state=seed) for seed in (1, 2))
    assert first != second
    assert first == ask("random", [double()], random_state=1)


@pytest.mark.parametrize("algorithm", SAMPLERS)
def test_later_suggestions_differ(algorithm: str) -> None:
    past: list[Past] = []
    for _ in range(8):
        past.append(Past(ask(algorithm, [double()], 1, past)[0]))
    assert len({one.assignment["x"] for one in past}) == 8


@pytest.mark.parametrize("algorithm", ["tpe", "multivariate-tpe"])
@pytest.mark.parametrize("maximize", [True, False])
def test_tpe_goes_where_it_is_good(algorithm: str, maximize: bool) -> None:
    axis = double()
    sign = -1 if maximize else 1
    past: list[Past] = []
    for _ in range(40):
        (one,) = suggest(algorithm, {}, [axis], past, 1, maximize=maximize, salt="7")
        past.append(Past(one, value=sign * (float(one["x"]) - 0.8) ** 2))
    late = [float(one.assignment["x"]) for one in past[-15:]]
    assert sum(abs(value - 0.8) < 0.2 for value in late) >= 10


def test_tpe_bears_what_does_not_fit() -> None:
    past = [Past({"x": "7"}, value=1.0), Past({}, value=1.0), Past({"x": "?"}), Past({"x": "0.5"}, value=float("inf"))]
    assert 0 <= float(ask("tpe", [double()], 1, past)[0]["x"]) <= 1


@pytest.mark.parametrize(
    "options", [{"gamma": 0.1}, {"prior_weight": 2.0}, {"n_EI_candidates": 5}, {"random_state": 3}]
)
def test_tpe_takes_its_settings(options: dict[str, float]) -> None:
    past = [Past({"x": str(index / 20)}, value=float(index)) for index in range(15)]
    assert ask("tpe", [double()], 1, past, **options)


def test_grid_goes_on_where_it_was() -> None:
    axes = [integer(high="3"), choice("a", "b")]
    past: list[Past] = []
    for _ in range(6):
        past.append(Past(ask("grid", axes, 1, past)[0]))
    assert len({tuple(one.assignment.items()) for one in past}) == 6
    with pytest.raises(BadSettings, match="0 are left"):
        ask("grid", axes, 1, past)


def test_a_deleted_point_of_the_grid_comes_back() -> None:
    axes = [integer(high="3")]
    points = [one["n"] for one in ask("grid", axes, 3)]
    past = [Past({"n": points[0]}), Past({"n": points[2]})]
    assert ask("grid", axes, 1, past) == [{"n": points[1]}]


@pytest.mark.parametrize(
    ("axes", "most", "words"),
    [
        ([double()], 1, "all parameters must include step"),
        ([integer()], 10, "Max Trial Count: 10 > all possible search combinations: 9"),
        ([integer(high=str(MAX_COMBINATIONS + 1))], 1, "combinations"),
        ([integer(distribution="logUniform")], 1, "distribution"),
    ],
)
def test_what_is_no_grid(axes: list[Axis], most: int, words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        check(axes, most)


def algorithm(name: str, **values: str) -> dict[str, Any]:
    return {"algorithmName": name, "algorithmSettings": [{"name": k, "value": v} for k, v in values.items()]}


@pytest.mark.parametrize(
    "spec",
    [
        algorithm("random", random_state="0"),
        algorithm("grid", random_state="10"),
        algorithm("tpe", gamma="0.3", prior_weight="1.5", n_EI_candidates="24", random_state="1"),
        algorithm("multivariate-tpe", n_startup_trials="5", n_ei_candidates="24", random_state="1"),
        {"algorithmName": "random"},
    ],
)
def test_good_settings(spec: dict[str, Any]) -> None:
    assert settings_of(spec).keys() == {s["name"] for s in spec.get("algorithmSettings", [])}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (algorithm("random", random_state="-1"), "random_state should be"),
        (algorithm("random", seed="1"), "unknown setting seed for algorithm random"),
        (algorithm("random", random_state="x"), "failed to validate"),
        (algorithm("tpe", gamma="1"), "range of"),
        (algorithm("tpe", gamma="nan"), "range of"),
        (algorithm("tpe", prior_weight="0"), "prior_weight"),
        (algorithm("tpe", n_EI_candidates="0"), "n_EI_candidates"),
        (algorithm("tpe", n_ei_candidates="5"), "unknown setting"),
        (algorithm("multivariate-tpe", gamma="0.1"), "unknown setting"),
        (algorithm("hyperband"), "unknown algorithm name hyperband"),
        ({}, "unknown algorithm"),
    ],
)
def test_bad_settings(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(BadSettings, match=words):
        settings_of(spec)


@pytest.mark.parametrize(
    ("kind", "space", "field"),
    [
        ("double", {"min": "a", "max": "1"}, "min"),
        ("double", {"min": "0", "max": "inf"}, "max"),
        ("double", {"min": "0", "max": "1e400"}, "max"),
        ("double", {"min": "2", "max": "1"}, "max"),
        ("double", {"min": "0", "max": "1", "step": "0"}, "step"),
        ("double", {"min": "0", "max": "1", "distribution": "logUniform"}, "min"),
        ("int", {"min": "0.5", "max": "1"}, "min"),
        ("int", {"min": "0", "max": "1_0"}, "max"),
        ("int", {"min": "0", "max": "99999999999999999999"}, "max"),
        ("int", {"min": "0", "max": "9", "step": "0.5"}, "step"),
        ("categorical", {"list": []}, "list"),
    ],
)
def test_bad_spaces(kind: str, space: dict[str, Any], field: str) -> None:
    with pytest.raises(BadSpace) as caught:
        axis_of({"name": "p", "parameterType": kind, "feasibleSpace": space})
    assert caught.value.field == field


def test_a_single_point() -> None:
    assert isinstance(double(low="5", high="5"), Range)
    for algorithm_name in SAMPLERS:
        for distribution in ("uniform", "logUniform", "normal", "logNormal"):
            axis = double(low="5", high="5", distribution=distribution)
            assert ask(algorithm_name, [axis]) == [{"x": "5.0"}]


def test_the_grid_is_in_order_of_its_steps() -> None:
    values = [float(text) for text in double(low="0", high="1", step="0.1").grid()]
    assert all(after > before for before, after in pairwise(values))
    assert len(values) == 11
