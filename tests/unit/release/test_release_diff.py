"""Differences of objects as values: paths, lists by name, owners; what is covered needs no dry run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.release.diff.clean import HIDDEN, comparable, covers, displayed
from slipway.release.diff.fields import differences, owner_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.text(min_size=1, max_size=5), JSON, max_size=4)


def containers(*items: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"containers": list(items)}}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, [("a.b", 1, None), ("a.c", None, 1)]),
        ({"m": {"x/y": "1"}}, {"m": {"x/y": "2"}}, [("m.[x/y]", "1", "2")]),
        ({"l": [1, 2]}, {"l": [2, 1]}, [("l", [1, 2], [2, 1])]),
        (
            containers({"name": "a", "image": "1"}, {"name": "b"}),
            containers({"name": "b"}, {"name": "a", "image": "2"}),
            [
                ("spec.containers[name=a].image", "1", "2"),
                ("spec.containers (order)", ["a", "b"], ["b", "a"]),
            ],
        ),
        (containers(), containers({"name": "a"}), [("spec.containers[name=a]", None, {"name": "a"})]),
        # Two of one name: nothing tells them apart, so the lists are compared as they are.
        ({"l": [{"name": "a"}, {"name": "a"}]}, {"l": []}, [("l", [{"name": "a"}, {"name": "a"}], [])]),
    ],
)
def test_differences(before: Any, after: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert list(differences(before, after)) == expected


@given(OBJECTS)
def test_an_object_does_not_differ_from_itself_and_covers_itself(value: Any) -> None:
    assert list(differences(value, value)) == []
    assert covers(value, value)


@given(OBJECTS, OBJECTS)
def test_objects_that_are_not_equal_differ(before: Any, after: Any) -> None:
    if _differs(before, after):
        assert list(differences(before, after))


def _differs(before: Any, after: Any) -> bool:
    """None and absent are the same to an API server."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if v is not None and plain(v) != {}}
        return [plain(v) for v in value] if isinstance(value, list) else value

    return bool(plain(before) != plain(after))


@pytest.mark.parametrize(
    ("live", "wanted", "yes"),
    [
        ({"a": 1, "more": 2}, {"a": 1}, True),
        ({"a": {"b": [1]}}, {"a": {"b": [1]}}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": True}, {"a": 1}, False),
        ({}, {"a": None}, False),
        ({"a": [{"x": 1, "default": 2}]}, {"a": [{"x": 1}]}, True),
    ],
)
def test_covers(live: Any, wanted: Any, yes: bool) -> None:
    assert covers(live, wanted) is yes


MANAGED = {
    "metadata": {
        "managedFields": [
            {"manager": "ours", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
            {
                "manager": "scaler",
                "time": "2026-01-01T00:00:00Z",
                "fieldsV1": {
                    "f:spec": {"f:replicas": {}, "f:containers": {'k:{"name":"a"}': {".": {}, "f:image": {}}}}
                },
            },
            {"manager": "labeller", "fieldsV1": {"f:metadata": {"f:labels": {"f:x/y": {}}}}},
        ]
    }
}


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("spec.replicas", "scaler"),
        ("spec.containers[name=a].image", "scaler"),
        ("spec.containers[name=b].image", ""),
        ("metadata.labels.[x/y]", "labeller"),
        ("spec.paused", ""),
    ],
)
def test_the_owner_of_a_field(path: str, owner: str) -> None:
    assert owner_of(MANAGED, path, "ours")[0] == owner


def test_when_it_was_written() -> None:
    assert owner_of(MANAGED, "spec.replicas", "ours") == ("scaler", "2026-01-01T00:00:00Z", "")


def test_what_the_server_writes_is_left_out() -> None:
    obj = {"kind": "A", "metadata": {"name": "a", "uid": "1", "managedFields": []}, "status": {"x": 1}}
    assert comparable(obj) == {"kind": "A", "metadata": {"name": "a"}}


def test_secrets_show_only_whether_they_differ() -> None:
    one, two = ({"kind": "Secret", "data": {"a": "YQ==", "b": value}} for value in ("Yg==", "Yw=="))
    assert displayed(one) == displayed(one, one) == {"kind": "Secret", "data": {"a": HIDDEN, "b": HIDDEN}}
    assert "Yw==" not in str(displayed(two, one))
    assert displayed(two, one) != displayed(one)
