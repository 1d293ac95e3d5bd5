"""The part of GJSON that conditions are written in; expected values are those of GJSON's own documentation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway_katib import gjson
from slipway_katib.defaults import condition_query
from slipway_katib.gjson import MISSING, BadExpression, get

PEOPLE: dict[str, Any] = {
    "name": {"first": "Tom", "last": "Anderson"},
    "age": 37,
    "children": ["Sara", "Alex", "Jack"],
    "fav.movie": "Deer Hunter",
    "ready": True,
    "none": None,
    "friends": [
        {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
        {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
        {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]},
    ],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name.last", "Anderson"),
        ("age", 37),
        ("children.1", "Alex"),
        ("children.9", MISSING),
        ("children.#", 3),
        (r"fav\.movie", "Deer Hunter"),
        ("friends.#.age", [44, 68, 47]),
        ("friends.1.last", "Craig"),
        ('friends.#(last=="Murphy").first', "Dale"),
        ('friends.#(last=="Murphy")#.first', ["Dale", "Jane"]),
        ("friends.#(age>45)#.last", ["Craig", "Murphy"]),
        ("friends.#(age>=68).first", "Roger"),
        ("friends.#(age<45)#.first", ["Dale"]),
        ('friends.#(first!="Dale")#|#', 2),
        ('friends.#(last=="Murphy")#|#(age>45)#.first', ["Jane"]),
        ('friends.#(last=="Murphy")#|0.first', "Dale"),
        ("friends.#(nets)#|#", 3),
        ("friends.#(nope)#", []),
        ('friends.#(last=="X")', MISSING),
        ("friends.#(last==Craig).first", "Roger"),
        ("friends.#.nets|1|0", "fb"),
        ('children.#(!="Sara")#', ["Alex", "Jack"]),
        ("nope.deep.er", MISSING),
        ("age.x", MISSING),
        ("name.#", MISSING),
    ],
)
def test_values(path: str, value: Any) -> None:
    assert get(PEOPLE, path) == value


def conditions(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": status, "reason": "r"} for kind, status in pairs]}}


@pytest.mark.parametrize(
    ("pairs", "hits"),
    [
        ([], 0),
        ([("Complete", "True")], 1),
        ([("Complete", "False")], 0),
        ([("Complete", "Unknown"), ("Complete", "True")], 1),
        ([("Failed", "True"), ("Running", "True")], 0),
    ],
)
def test_the_default_conditions(pairs: list[tuple[str, str]], hits: int) -> None:
    found = get(conditions(*pairs), condition_query("Complete"))
    assert len(found) == hits


def test_no_status_yet() -> None:
    assert get({}, condition_query("Complete")) is MISSING


def test_dot_maps_and_pipe_does_not() -> None:
    # After #(…)# a dot goes on inside each hit, where there is no array to query.
    dotted = condition_query("Complete").replace("|", ".")
    assert get(conditions(("Complete", "True")), dotted) == []


def test_booleans_and_null() -> None:
    items = {"a": [{"x": True}, {"x": False}, {"x": None}, {"x": 5}]}
    assert get(items, "a.#(x==true)#") == [{"x": True}]
    assert get(items, "a.#(x==false)#") == [{"x": False}]
    assert get(items, "a.#(x==null)#") == [{"x": None}]


@pytest.mark.parametrize(
    "path",
    ["", ".", "a.", "a..b", "@this", "a.@reverse", "[a,b]", "{a}", "a*", "?", "!1", "a.#(", "a.#()", "a.#(x==)",
     'a.#(x%"b*")', "a.#(x==~true)", 'a.#(b.#(c=="d")#)#', "a.#(x)#y", 'a.#(x=="b)'],
)  # fmt: skip
def test_the_rest_is_refused(path: str) -> None:
    with pytest.raises(BadExpression):
        gjson.parse(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda child: st.lists(child) | st.dictionaries(st.text(), child),
    max_leaves=10,
)


@given(JSON, st.text(alphabet='abx.|#()="<>!\\ 10') | st.text())
def test_any_path_gives_a_value_or_a_refusal(document: Any, path: str) -> None:
    try:
        get(document, path)
    except BadExpression as error:
        assert str(error)
