"""Logs → observations, as Katib's collector and trial controller read them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway_katib import numbers
from slipway_katib.metrics import (
    DEFAULT_FILTER,
    BadFilter,
    Collector,
    collector_for,
    compile_filter,
    is_available,
    objective_value,
    parse_time,
)


def observe(text: str, *names: str, filters: tuple[str, ...] = ()) -> dict[str, tuple[str, str, str]]:
    collector = Collector(names or ("loss",), filters)
    for line in text.splitlines():
        collector.feed(line)
    return {m["name"]: (m["min"], m["max"], m["latest"]) for m in collector.observation()["metrics"]}


def test_min_max_and_latest_of_plain_lines() -> None:
    assert observe("loss=0.5\nloss = 0.25\nepoch 3, loss=0.75") == {"loss": ("0.25", "0.75", "0.75")}


@pytest.mark.parametrize(
    ("text", "latest"),
    [
        ("loss=1", "1"),
        ("loss =1e-3", "1e-3"),
        ("loss=\t-.5", "-.5"),
        ("loss=+2.5E+10 rest", "+2.5E+10"),
        ("a=1 loss=3 b=2 loss=4", "4"),
        ("{'loss': 1} loss=7", "7"),
    ],
)
def test_default_filter_takes(text: str, latest: str) -> None:
    assert observe(text)["loss"][2] == latest


@pytest.mark.parametrize("text", ["", "loss: 0.5", "myloss=3", "loss", "LOSS=3", "validation-loss=3", "accuracy=1"])
def test_default_filter_leaves(text: str) -> None:
    assert observe(text) == {"loss": ("unavailable", "unavailable", "unavailable")}


def test_a_name_with_a_hyphen_and_a_bar() -> None:
    assert observe("Validation-accuracy=0.9 a|b=1", "Validation-accuracy", "a|b")["a|b"] == ("1", "1", "1")


def test_a_value_that_is_no_number_is_the_latest_and_nothing_else() -> None:
    # Katib's expression matches an empty number after 'loss='.
    assert observe("loss=nan") == {"loss": ("unavailable", "unavailable", "")}


def test_without_the_objective_all_is_unavailable() -> None:
    assert observe("accuracy=1", "loss", "accuracy")["accuracy"] == ("unavailable",) * 3


def test_additional_metrics_come_after_the_objective() -> None:
    collector = collector_for(
        {"objectiveMetricName": "loss", "metricStrategies": [{"name": "accuracy", "value": "max"}, {"name": "loss"}]},
        {},
    )
    collector.feed("accuracy=0.5 loss=1")
    assert [m["name"] for m in collector.observation()["metrics"]] == ["loss", "accuracy"]


def test_timestamps_decide_what_is_latest() -> None:
    text = "2026-01-01T00:00:02Z loss=2\n2026-01-01T00:00:01.999999999Z loss=3\nloss=4"
    assert observe(text)["loss"] == ("2", "4", "2")


def test_equal_times_go_by_order() -> None:
    assert observe("2026-01-01T01:00:00+01:00 loss=1\n2026-01-01T00:00:00Z loss=2")["loss"][2] == "2"


@pytest.mark.parametrize("token", ["2026-01-01 00:00:00", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "now", ""])
def test_what_is_no_time(token: str) -> None:
    assert parse_time(token) is None


def test_own_filters_replace_the_default() -> None:
    pattern = r"(\w+)\s*:\s*([0-9.]+)"
    assert observe("loss: 0.5 loss=9", filters=(pattern,))["loss"] == ("0.5", "0.5", "0.5")


def test_several_filters_all_count() -> None:
    filters = (r"(loss): (\d+)", r"(loss) is (\d+)")
    assert observe("loss: 1\nloss is 2", filters=filters)["loss"] == ("1", "2", "2")


@pytest.mark.parametrize("pattern", ["(", "loss=(.*)", r"(?=a)(b)", "a{1001}"])
def test_bad_filters_are_refused(pattern: str) -> None:
    with pytest.raises(BadFilter):
        compile_filter(pattern)


def test_a_pattern_that_would_take_forever_elsewhere() -> None:
    start = time.monotonic()
    observe("loss " + "a" * 60_000, filters=(r"((a+)+)(b)$",))
    assert time.monotonic() - start < 5


@given(st.text(), st.text(min_size=1))
def test_no_text_hurts_the_collector(text: str, name: str) -> None:
    observe(text, name)
    observe(f"{name}={text}", name)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_printed_are_numbers_found(values: list[float]) -> None:
    low, high, latest = observe("\n".join(f"loss={value!r}" for value in values))["loss"]
    assert float(low) == min(values)
    assert float(high) == max(values)
    assert float(latest) == values[-1]


@pytest.mark.parametrize("text", ["1", "-1.5", ".5", "5.", "1e5", "inf", "-Infinity", "NaN", "0x10"[:1]])
def test_numbers(text: str) -> None:
    assert numbers.parse(text) is not None


@pytest.mark.parametrize("text", ["", ".", "1_0", " 1", "1e999", "e5", "٣", "1,5", "--1"])
def test_no_numbers(text: str) -> None:
    assert numbers.parse(text) is None


@given(st.text())
def test_any_text_as_a_number(text: str) -> None:
    numbers.parse(text)


OBSERVATION = {"metrics": [{"name": "loss", "min": "1", "max": "3", "latest": "2"}]}


@pytest.mark.parametrize(("strategy", "value"), [("min", "1"), ("max", "3"), ("latest", "2"), ("?", "unavailable")])
def test_the_strategy_picks_the_value(strategy: str, value: str) -> None:
    objective = {"objectiveMetricName": "loss", "metricStrategies": [{"name": "loss", "value": strategy}]}
    assert objective_value(objective, OBSERVATION) == value


def test_without_min_the_latest_stands() -> None:
    objective = {"objectiveMetricName": "loss", "metricStrategies": [{"name": "loss", "value": "min"}]}
    words = {"metrics": [{"name": "loss", "min": "unavailable", "max": "unavailable", "latest": "good"}]}
    assert objective_value(objective, words) == "good"


def test_availability() -> None:
    assert is_available({"objectiveMetricName": "loss"}, OBSERVATION)
    assert not is_available({"objectiveMetricName": "loss"}, None)
    assert not is_available({"objectiveMetricName": "other"}, OBSERVATION)


def test_the_default_filter_is_one() -> None:
    compile_filter(DEFAULT_FILTER)
