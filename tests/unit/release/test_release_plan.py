"""What is to be done to a component; what is pruned, deleted and kept; in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from slipway.catalog import Component
from slipway.errors import BadInput
from slipway.kube import Ref
from slipway.readiness import StorageClasses
from slipway.release.deletion.delete import describe, holder
from slipway.release.objects.order import deletion_stages, stages
from slipway.release.objects.snapshot import finder
from slipway.release.planning.leaving import leaving
from slipway.release.planning.plan import Plan, decide
from slipway.release.removal.selection import check, choose, rounds
from slipway.release.state.inventory import Record, Release, record_object, record_of, release_object, release_of
from slipway.render import Rendered

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "argo"}}
WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "argo", "generation": 1},
    "spec": {"replicas": 1},
}
UP = {**WEB, "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}}
RENDERED = Rendered(Component("argo", "1", "upstream", "", "argo", Path()), (MAP, WEB), {}, "hash")
RECORD = Record("argo", "1", "upstream", "ready", "hash", objects=RENDERED.refs)


def action(record: Record | None, *live: dict[str, Any], **plan: bool) -> str:
    found = Plan("test", "workbench", {"argo": RENDERED}, **plan)  # type: ignore[arg-type]
    return decide(RENDERED, record, finder(live), StorageClasses(), found)[0]


def with_(**changes: Any) -> Record:
    return Record(**{**RECORD.__dict__, **changes})


def test_actions() -> None:
    assert action(None) == "apply"
    assert action(RECORD, MAP, UP) == "unchanged"
    assert action(with_(digest="other"), MAP, UP) == "apply"
    assert action(with_(state="installing"), MAP, UP) == "apply"
    assert action(RECORD, UP) == "apply"
    assert action(RECORD, MAP, WEB) == "recover"
    assert action(RECORD, MAP, UP, probe_all=True) == "recover"
    assert action(RECORD, MAP, UP, reapply=True) == "apply"
    assert action(with_(secrets=(Ref("v1", "Secret", "argo", "login"),)), MAP, UP) == "apply"


def test_records_survive_their_config_map() -> None:
    secret = Ref("v1", "Secret", "x", "y")
    record = with_(objects=tuple(sorted(RENDERED.refs)), settings={"a": "1"}, requires=("storage",), secrets=(secret,))
    assert record_of(record_object(record)) == record
    release = Release(3, "ci", "ml", "0.1.0", "now", {"argo": "1"}, 3, "then")
    assert release_of(release_object(release)) == release
    assert release_of(None) == Release()


def test_a_damaged_record_is_one_that_failed() -> None:
    damaged = record_object(RECORD)
    damaged["data"] = {"objects": "[[", "state": "?"}
    assert record_of(damaged).state == "failed"
    assert record_of(damaged).objects == ()


def test_only_what_nobody_has_leaves() -> None:
    gone, shared = Ref("v1", "ConfigMap", "argo", "gone"), Ref("v1", "ConfigMap", "argo", "shared")
    moved = Ref("policy/v1beta1", "PodDisruptionBudget", "argo", "x")
    old = with_(objects=(*RENDERED.refs, gone, shared, moved))
    others = {"argo": old, "katib": with_(component="katib", objects=(shared,))}
    new = (*RENDERED.refs, Ref("policy/v1", "PodDisruptionBudget", "argo", "x"))
    assert leaving(old, new, others) == {gone}
    assert leaving(None, new, others) == set()


def ref(kind: str, api: str = "v1", place: str = "", name: str = "x") -> Ref:
    return Ref(api, kind, place, name)


def obj(kind: str, api: str = "v1") -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "x"}}


def test_order_of_application() -> None:
    found = stages(
        [
            obj("Boat", "example.com/v1"),
            obj("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
            obj("Deployment", "apps/v1"),
            obj("ConfigMap"),
            obj("Role", "rbac.authorization.k8s.io/v1"),
            obj("CustomResourceDefinition", "apiextensions.k8s.io/v1"),
            obj("Namespace"),
        ]
    )
    assert [[o["kind"] for o in stage] for stage in found] == [
        ["Namespace"],
        ["CustomResourceDefinition"],
        ["ConfigMap", "Role"],
        ["Deployment"],
        ["ValidatingWebhookConfiguration"],
        ["Boat"],
    ]


def test_order_of_deletion() -> None:
    boat, crd = ref("Boat", "example.com/v1"), ref("CustomResourceDefinition", "apiextensions.k8s.io/v1")
    hook = ref("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1")
    refs = [ref("Namespace"), crd, ref("ConfigMap"), ref("Deployment", "apps/v1"), hook, boat]
    assert [stage[0].kind for stage in deletion_stages(refs)] == [
        "Boat",
        "MutatingWebhookConfiguration",
        "Deployment",
        "ConfigMap",
        "CustomResourceDefinition",
        "Namespace",
    ]
    assert describe(refs).startswith("delete 1 Boat, 1 ConfigMap")


CLAIM = ref("PersistentVolumeClaim", place="workbench")
PROJECT, OTHER = ref("Namespace", name="workbench"), ref("Namespace")


@pytest.mark.parametrize(("delete_data", "gone"), [(False, {OTHER}), (True, {OTHER, CLAIM, PROJECT})])
def test_data_stays_unless_asked(delete_data: bool, gone: set[Ref]) -> None:
    records = {"storage": with_(component="storage", objects=(CLAIM, PROJECT, OTHER))}
    found = choose(records, ["storage"], "workbench", delete_data=delete_data)
    assert set(found.refs) == gone
    assert set(found.kept) == {CLAIM, PROJECT, OTHER} - gone


def test_what_another_component_has_stays() -> None:
    records = {"a": with_(component="a", objects=(OTHER,)), "b": with_(component="b", objects=(OTHER,))}
    assert choose(records, ["a"], "workbench", delete_data=False).refs == ()
    assert choose(records, ["a", "b"], "workbench", delete_data=False).refs == (OTHER,)


def test_a_component_that_others_require_is_not_removed_alone() -> None:
    records = {"storage": with_(component="storage"), "argo": with_(requires=("storage",))}
    assert check(records, []) == ["storage", "argo"]
    assert check(records, ["argo"]) == ["argo"]
    with pytest.raises(BadInput, match="required by argo"):
        check(records, ["storage"])
    with pytest.raises(BadInput, match="'x' is not installed"):
        check(records, ["x"])


def test_what_holds_an_object_is_named() -> None:
    held = {"kind": "Experiment", "metadata": {"finalizers": ["example.com/cleanup"]}}
    assert holder(held) == "held by example.com/cleanup"
    conditions = [
        {"type": "NamespaceContentRemaining", "status": "True", "message": "Some resources remain: pods. has 1"},
        {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "fine"},
    ]
    assert "pods. has 1" in holder({"kind": "Namespace", "metadata": {}, "status": {"conditions": conditions}})


def test_rounds_go_from_the_top_to_the_ground() -> None:
    shared, mine, extra = ref("Namespace", name="shared"), ref("ConfigMap", name="mine"), ref("Pod", name="extra")
    records = {
        "ground": with_(component="ground", objects=(shared,)),
        "middle": with_(component="middle", objects=(shared, mine), requires=("ground", "not-installed")),
        "top": with_(component="top", objects=(OTHER,), requires=("middle",)),
    }
    found = rounds(records, list(records), [shared, mine, OTHER, extra])
    assert found == [(["top"], sorted([OTHER, extra])), (["middle"], [mine]), (["ground"], [shared])]
    assert rounds(records, [], []) == []
