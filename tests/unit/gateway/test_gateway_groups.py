"""Order, weights, shadows: Mappings that meet the same requests."""

from __future__ import annotations

from typing import Any

import pytest


def names(found: list[Any]) -> list[str]:
    return [route["name"].rpartition("/")[2] for route in found]


def upto(route: Any) -> int:
    fraction = route["match"].get("runtime_fraction")
    return int(fraction["default_value"]["numerator"]) if fraction else 100


@pytest.mark.parametrize(
    ("specs", "order"),
    [
        ({"short": {"prefix": "/a"}, "long": {"prefix": "/a/b"}}, ["long", "short"]),
        ({"first": {"prefix": "/a", "precedence": 1}, "long": {"prefix": "/a/b"}}, ["first", "long"]),
        ({"last": {"prefix": "/a/b", "precedence": -1}, "short": {"prefix": "/a"}}, ["short", "last"]),
        ({"plain": {"prefix": "/a"}, "header": {"prefix": "/a", "headers": {"x": "1"}}}, ["header", "plain"]),
        ({"plain": {"prefix": "/a"}, "host": {"prefix": "/a", "hostname": "a.org"}}, ["host", "plain"]),
        ({"plain": {"prefix": "/a"}, "query": {"prefix": "/a", "query_parameters": {"x": "1"}}}, ["query", "plain"]),
        ({"plain": {"prefix": "/a"}, "exact": {"prefix": "/a", "prefix_exact": True}}, ["exact", "plain"]),
        ({"method": {"prefix": "/a", "method": "PUT"}, "plain": {"prefix": "/a"}}, ["method", "plain"]),
    ],
)
def test_the_more_specific_is_tried_first(compiled: Any, routes: Any, specs: Any, order: list[str]) -> None:
    assert names(routes(compiled(**specs))) == order
    reversed_specs = dict(reversed(specs.items()))
    assert names(routes(compiled(**reversed_specs))) == order


@pytest.mark.parametrize(
    ("weights", "cumulative"),
    [
        ({"a": None}, {"a": 100}),
        ({"a": 20}, {"a": 100}),
        ({"a": 0}, {"a": 100}),
        ({"a": None, "b": 10}, {"b": 10, "a": 100}),
        ({"a": None, "b": 10, "c": 20}, {"b": 10, "c": 30, "a": 100}),
        ({"a": None, "b": None}, {"a": 50, "b": 100}),
        ({"a": None, "b": None, "c": None}, {"a": 33, "b": 66, "c": 100}),
        ({"a": 30, "b": 50}, {"a": 30, "b": 80}),
        ({"a": 0, "b": None}, {"a": 0, "b": 100}),
        ({"a": 100, "b": None}, {"a": 100, "b": 100}),
    ],
)
def test_weights_are_cumulative(compiled: Any, routes: Any, weights: Any, cumulative: Any) -> None:
    specs = {name: {"prefix": "/a", **({} if w is None else {"weight": w})} for name, w in weights.items()}
    found = routes(compiled(**specs))
    assert dict(zip(names(found), map(upto, found), strict=True)) == cumulative


def test_over_100_nobody_of_the_group_is_served_and_others_are(compiled: Any, routes: Any, verdict: Any) -> None:
    found = compiled(a={"prefix": "/a", "weight": 60}, b={"prefix": "/a", "weight": 50}, c={"prefix": "/c"})
    assert names(routes(found)) == ["c"]
    assert verdict(found, "a").state == verdict(found, "b").state == "Inactive"
    assert "110" in verdict(found, "a").reason
    assert verdict(found, "c").state == "Running"


def test_different_headers_are_different_groups(compiled: Any, routes: Any) -> None:
    found = routes(compiled(a={"prefix": "/a", "weight": 60}, b={"prefix": "/a", "weight": 60, "headers": {"x": "1"}}))
    assert [upto(route) for route in found] == [100, 100]


def test_a_canary_that_is_left_alone_has_everything(compiled: Any, routes: Any) -> None:
    (route,) = routes(compiled(canary={"prefix": "/a", "weight": 0}, s={"prefix": "/a", "shadow": True}))
    assert upto(route) == 100
    assert route["route"]["request_mirror_policies"]


def test_a_shadow_gets_a_copy(compiled: Any, routes: Any) -> None:
    found = compiled(a={"prefix": "/a"}, s={"prefix": "/a", "shadow": True, "weight": 10, "service": "other"})
    (route,) = routes(found)
    (mirror,) = route["route"]["request_mirror_policies"]
    assert mirror["cluster"].startswith("cluster_other_team_80_")
    assert mirror["runtime_fraction"]["default_value"]["numerator"] == 10
    assert len(found.clusters) == 2


@pytest.mark.parametrize(
    ("specs", "inactive"),
    [
        ({"a": {"shadow": True}}, {"a"}),
        ({"a": {}, "b": {"shadow": True}, "c": {"shadow": True}}, {"c"}),
        ({"a": {"host_redirect": True}, "b": {"host_redirect": True}}, {"b"}),
        ({"a": {}, "b": {"host_redirect": True}}, {"a"}),
    ],
)
def test_what_cannot_be_together(compiled: Any, verdict: Any, specs: Any, inactive: set[str]) -> None:
    found = compiled(**{name: {"prefix": "/a", **spec} for name, spec in specs.items()})
    assert {name for name in specs if verdict(found, name).state == "Inactive"} == inactive
    assert all(verdict(found, name).reason for name in inactive)
