"""What others leave to a component that is skipped."""

from __future__ import annotations

from slipway.kube import Ref
from slipway.release.applying.skipped import taken_over
from slipway.release.state.inventory import Record

MOVED, SHARED, OWN, NEW = (Ref("v1", "ConfigMap", "harbour", name) for name in ("moved", "shared", "own", "new"))


def record(name: str, *refs: Ref) -> Record:
    return Record(name, "1.0", "compact", "ready", "0123", objects=refs)


def test_only_what_nobody_else_brings_any_more_is_taken_over() -> None:
    records = {"giver": record("giver", MOVED, SHARED), "taker": record("taker", OWN)}
    brought = {"giver": {SHARED}, "taker": {OWN, NEW, SHARED, MOVED}}
    assert taken_over(brought["taker"], "taker", records, brought) == {MOVED}
    # In another version of its API it is the same object.
    newer = Ref("v2", "ConfigMap", "harbour", "moved")
    assert taken_over([newer], "taker", records, brought) == {newer}
    assert taken_over(brought["taker"], "taker", {"taker": records["taker"]}, brought) == set()


def test_a_component_that_is_not_in_the_plan_gives_nothing_up() -> None:
    records = {"giver": record("giver", MOVED)}
    assert taken_over([MOVED], "taker", records, {"taker": {MOVED}}) == set()
    assert taken_over([MOVED], "taker", records, {"taker": {MOVED}, "giver": set()}) == {MOVED}
