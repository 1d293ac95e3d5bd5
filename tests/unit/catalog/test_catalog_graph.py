"""Levels, closures and cycles of the dependency graph."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.catalog.graph import levels
from slipway.errors import BadInput

GRAPH = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ()}


def test_levels_are_waves() -> None:
    assert levels(GRAPH) == [["a", "e"], ["b", "c"], ["d"]]


def test_a_cycle_is_named() -> None:
    with pytest.raises(BadInput, match=r"b → c → b|c → b → c"):
        levels({"a": ("b",), "b": ("c",), "c": ("b",)})


def test_a_missing_requirement_is_named_with_a_suggestion() -> None:
    with pytest.raises(BadInput) as caught:
        levels({"storage": (), "argo": ("storge",)})
    assert "'argo' requires 'storge'" in str(caught.value)
    assert "did you mean 'storage'?" in str(caught.value)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_any_graph_without_cycles_has_levels_that_respect_it(edges: list[tuple[int, int]]) -> None:
    graph: dict[str, tuple[str, ...]] = {str(n): () for n in range(10)}
    for one, other in edges:
        if one < other:
            graph[str(other)] = (*graph[str(other)], str(one))
    waves = levels(graph)
    place = {name: index for index, wave in enumerate(waves) for name in wave}
    assert sorted(place) == sorted(graph)
    for name, needed in graph.items():
        assert all(place[other] < place[name] for other in needed)
        # As early as possible: something of the wave before is needed.
        assert place[name] == 0 or any(place[other] == place[name] - 1 for other in needed)
