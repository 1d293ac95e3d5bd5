"""Which versions of a model TensorFlow's server serves, and the order of their changes."""

from __future__ import annotations

from slipway_tensorflow.versions import Plan, Policy, aspired, numbered, plan


def test_versions_are_directories_named_by_a_number() -> None:
    assert numbered(["1", "00000123", "latest", "1_0", "٣", "-1", "1.tmp", str(2**63)]) == {1: "1", 123: "00000123"}


def test_policies_of_versions() -> None:
    there = {1, 2, 9, 10}
    assert aspired(there, Policy()) == {10}
    assert aspired(there, Policy("latest", count=2)) == {9, 10}
    assert aspired(there, Policy("all")) == there
    assert aspired(there, Policy("specific", numbers=frozenset({2, 5}))) == {2}
    assert aspired(set(), Policy()) == set()


def test_a_new_version_is_loaded_before_the_old_one_goes() -> None:
    assert plan({2}, {1}, set()) == Plan(load=(2,))
    assert plan({2}, {1, 2}, set()) == Plan(unload=(1,))
    assert plan({2}, {2}, set()) == Plan()


def test_a_broken_version_keeps_the_old_one() -> None:
    assert plan({2}, {1}, {2}) == Plan()
    assert plan({2, 3}, {1, 3}, {2}) == Plan(unload=(1,))


def test_versions_that_are_gone_are_unloaded() -> None:
    assert plan(set(), {1, 2}, set()) == Plan(unload=(1, 2))
