"""Which objects are users', and how they are told."""

from __future__ import annotations

from slipway.kube import Obj, Ref
from slipway.release.objects.user_objects import Group, grouped, of_users

API = "example.com/v1"


def made(kind: str, name: str, *owners: str, place: str = "harbour") -> Obj:
    meta = {"name": name, "namespace": place, "uid": name, "ownerReferences": [{"uid": uid} for uid in owners]}
    return {"apiVersion": API, "kind": kind, "metadata": meta}


def names(objects: list[Obj]) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def test_ours_and_what_ours_made_are_not_users() -> None:
    objects = [
        made("Boat", "grandchild", "child"),
        made("Boat", "child", "ours"),
        made("Pier", "ours"),
        made("Pier", "a"),
    ]
    assert names(of_users(objects, {Ref(API, "Pier", "harbour", "ours")})) == ["a"]
    # In whatever version of its API the inventory has it.
    assert names(of_users(objects, {Ref("example.com/v1beta1", "Pier", "harbour", "ours")})) == ["a"]
    # One of the same name elsewhere is somebody's.
    assert len(of_users(objects, {Ref(API, "Pier", "elsewhere", "ours")})) == 4


def test_owners_in_a_circle_end() -> None:
    objects = [made("Boat", "a", "b"), made("Boat", "b", "a")]
    assert names(of_users(objects, ())) == ["a", "b"]
    assert grouped(objects) == (Group(API, "Boat", "harbour", (), 2),)


def test_an_owner_that_is_not_listed_makes_nobody_dependent() -> None:
    """A Workflow of a Deployment's stands for itself: nothing here tells of it."""
    assert grouped([made("Boat", "a", "a-deployment")]) == (Group(API, "Boat", "harbour", ("a",)),)


def test_counts_and_names_by_kind_and_namespace() -> None:
    boats = [made("Boat", f"b{number:02}") for number in range(10)]
    children = [made("Boat", "child", "pier"), made("Sail", "sail", "child")]
    found = grouped([*children, *boats, made("Pier", "pier"), made("Boat", "x", place="")])
    assert [str(group) for group in found] == [
        "1 Boat: x",
        "11 Boat in harbour: b00, b01, b02, b03, b04, b05, b06, b07 and 2 more; 1 made by objects listed here",
        "1 Pier in harbour: pier",
        "1 Sail in harbour, made by objects listed here",
    ]
