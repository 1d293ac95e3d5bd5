"""Checked access to JSON."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway_controller.reader import Reader

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
READS: dict[str, tuple[str, Any]] = {
    "text": ("a string", ""),
    "flag": ("true or false", False),
    "integer": ("a whole number from 0 to", None),
    "mapping": ("an object", {}),
    "strings": ("", {}),
    "objects": ("", []),
}


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("value", [{}, {"a": None}])
def test_what_is_not_given_is_no_fault(method: str, value: Any) -> None:
    reader = Reader(value)
    assert getattr(reader, method)("a") == READS[method][1]
    assert reader.faults == []


@given(st.sampled_from(sorted(READS)), st.dictionaries(st.sampled_from("abc"), ANYTHING, max_size=3))
def test_a_field_is_of_the_type_or_a_fault_with_its_path(method: str, value: Any) -> None:
    reader = Reader(value, "spec.")
    found = getattr(reader, method)("a")
    kind, default = READS[method]
    assert all(fault.startswith("spec.a") for fault in reader.faults)
    if reader.faults and kind:
        assert found == default
        assert f": {kind}" in reader.faults[0]
    elif method == "strings":
        assert all(isinstance(item, str) for item in found.values())
    elif method == "objects":
        assert all(isinstance(item.value, dict) for item in found)
    elif value.get("a") is not None:
        assert found == value["a"]


def test_objects_inside_share_the_faults_and_say_where_they_are() -> None:
    reader = Reader({"a": {"b": [{"c": 1}, 7]}, "labels": {"x": 1, "y": "1"}})
    first = reader.nested("a").objects("b")[0]
    assert (first.text("c"), first.where) == ("", "a.b[0].")
    assert reader.strings("labels") == {"x": "", "y": "1"}
    assert [fault.partition(":")[0] for fault in reader.faults] == ["a.b[1]", "a.b[0].c", "labels[x]"]


def test_what_nobody_asked_for_is_known() -> None:
    reader = Reader({"a": {"b": 1, "c": 2}, "d": 3, "e": None})
    reader.nested("a").integer("b")
    assert not reader.has("e")
    assert reader.unread() == ["a.c", "d"]
