"""Users' objects as they are kept and as they are made anew."""

from __future__ import annotations

from typing import Any

from slipway.backup.objects import fresh, kept


def obj(name: str, *owners: str, **meta: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "uid": f"uid-{name}", "resourceVersion": "7", "managedFields": [{}], **meta}
    if owners:
        found["ownerReferences"] = [{"kind": "X", "name": owner, "uid": f"uid-{owner}"} for owner in owners]
    return {"apiVersion": "a/v1", "kind": "X", "metadata": found, "spec": {"size": 1}, "status": {"phase": "Done"}}


def names(objects: list[dict[str, Any]]) -> list[str]:
    return [item["metadata"]["name"] for item in objects]


def test_owners_come_before_what_they_own() -> None:
    assert names(kept([obj("c", "b"), obj("b", "a"), obj("a"), obj("z")])) == ["a", "b", "c", "z"]


def test_owners_in_a_circle_end() -> None:
    assert sorted(names(kept([obj("a", "b"), obj("b", "a")]))) == ["a", "b"]


def test_what_is_being_deleted_stays_out() -> None:
    assert names(kept([obj("a", deletionTimestamp="2026-01-01T00:00:00Z"), obj("b")])) == ["b"]


def test_what_the_server_says_of_an_object_stays_out() -> None:
    (found,) = kept([obj("a", labels={"x": "y"}, finalizers=["f"])])
    assert found["metadata"] == {"name": "a", "uid": "uid-a", "labels": {"x": "y"}, "finalizers": ["f"]}
    assert (found["spec"], found["status"]) == ({"size": 1}, {"phase": "Done"})


def test_made_anew_it_belongs_to_its_owner_made_anew() -> None:
    (_, found) = kept([obj("a"), obj("b", "a", "gone")])
    made = fresh(found, {"uid-a": "new-a"})
    assert made["metadata"] == {"name": "b", "ownerReferences": [{"kind": "X", "name": "a", "uid": "new-a"}]}
    assert "uid" in found["metadata"]
