"""Looking at many objects at once, and how often."""

from __future__ import annotations

from slipway.kube import Ref
from slipway.kube.existence import collections
from slipway.release.deletion.delete import LONGEST, SHORTEST, pause


def test_objects_are_listed_by_their_collection() -> None:
    one, two = Ref("v1", "ConfigMap", "a", "one"), Ref("v1", "ConfigMap", "a", "two")
    elsewhere, older = Ref("v1", "ConfigMap", "b", "one"), Ref("apps/v1", "Deployment", "a", "one")
    assert collections([one, elsewhere, older, two]) == {
        ("v1", "ConfigMap", "a"): [one, two],
        ("v1", "ConfigMap", "b"): [elsewhere],
        ("apps/v1", "Deployment", "a"): [older],
    }
    assert collections([]) == {}


def test_pauses_grow_with_what_was_waited() -> None:
    assert pause(0) == SHORTEST
    assert pause(5) == 0.25
    assert pause(3600) == LONGEST
    # Never as many as would hold a server up.
    looks, waited = 0, 0.0
    while waited < 60:
        waited += pause(waited)
        looks += 1
    assert looks < 130
