"""The store keeps the newest state, whatever order events and listings come in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway_gateway.store import Store


def obj(version: int, value: str = "x", name: str = "a") -> Any:
    return {"metadata": {"namespace": "n", "name": name, "resourceVersion": str(version)}, "value": value}


@pytest.fixture
def store() -> Store[str]:
    return Store(lambda found: found["value"] or None)


def test_events(store: Store[str]) -> None:
    assert store.event("ADDED", obj(1))
    assert not store.event("MODIFIED", obj(2))
    assert store.event("MODIFIED", obj(3, "y"))
    assert not store.event("MODIFIED", obj(2, "old"))
    assert list(store) == ["y"]
    assert store.event("MODIFIED", obj(4, ""))
    assert list(store) == []
    assert not store.event("DELETED", obj(5))


def test_a_listing_finds_what_was_deleted_unseen(store: Store[str]) -> None:
    store.event("ADDED", obj(1, name="gone"))
    store.event("ADDED", obj(2, name="kept"))
    assert store.replace([obj(2, name="kept")], 10)
    assert list(store.values()) == [("n", "kept")]
    assert not store.replace([obj(2, name="kept")], 11)


def test_a_listing_that_is_older_than_an_event(store: Store[str]) -> None:
    store.event("ADDED", obj(20, name="new"))
    store.event("DELETED", obj(21, name="gone"))
    store.replace([obj(5, name="gone")], 10)
    assert list(store.values()) == [("n", "new")]


@given(st.permutations(range(6)), st.integers(0, 5))
def test_any_order_ends_in_the_newest_state(order: list[int], listed: int) -> None:
    """History: created 1, changed 2, deleted 3, created again 4, changed 5; listings show the state of their time."""
    history = [None, obj(1, "1"), obj(2, "2"), None, obj(4, "4"), obj(5, "5")]
    store: Store[str] = Store(lambda found: found["value"])
    for step in order:
        state = history[step]
        if step == 3:
            store.event("DELETED", obj(3, "2"))
        elif step == 0:
            then = history[listed]
            store.replace([then] if then else [], listed)
        elif state:
            store.event("MODIFIED", state)
    assert list(store) == ["5"]
