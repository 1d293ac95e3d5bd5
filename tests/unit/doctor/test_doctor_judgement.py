"""The judgement of the cluster's checks, of values that no test cluster can be brought to."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from slipway.cli.doctor import text
from slipway.diagnosis.causes import AT_ONCE, stuck
from slipway.doctor import page
from slipway.doctor.check import Row
from slipway.doctor.cluster import (
    certificates,
    claims,
    clock,
    disks,
    dns,
    nfs,
    permissions,
    pods,
    pulls,
    resources,
    sample,
    space,
    traffic,
    version,
    webhooks,
)
from slipway.doctor.cluster.pods import Outcome
from slipway.errors import BadInput
from slipway.images.find import Image, Use
from slipway.images.reference import Reference
from slipway.workflows.examination import refuse_unknown

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime.datetime(2026, 1, 10, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("server", "result"),
    [("v1.29.14", "fail"), ("", "fail"), ("v1.30.0", "ok"), ("v1.37.2-gke.100", "ok"), ("v2.0.0", "ok")],
)
def test_the_servers_version(server: str, result: str) -> None:
    assert version.judge(server, {})[0].result == result


@pytest.mark.parametrize(
    ("ahead", "unsure", "result", "word"),
    [
        (0.4, 0.6, "ok", ""),
        (2.5, 0.6, "ok", ""),
        (10, 0.6, "warn", "10 s ahead"),
        (-300, 0.6, "fail", "300 s behind"),
    ],
)
def test_the_servers_clock(ahead: float, unsure: float, result: str, word: str) -> None:
    found = clock.judge(ahead, unsure, {})[0]
    assert (found.result, word in found.says) == (result, True)


@pytest.mark.parametrize(("age", "result"), [(9.0, "ok"), (30.0, "warn"), (200.0, "fail"), (-10.0, "warn")])
def test_a_lease(age: float, result: str) -> None:
    assert clock.judge(0, 0.5, {"n": age})[0].result == result


def test_free_space() -> None:
    summary = {
        "node": {
            "fs": {"availableBytes": 5, "capacityBytes": 100},
            "runtime": {"imageFs": {"availableBytes": 15, "capacityBytes": 100}},
        }
    }
    assert disks.spaces({}, {}) == {}
    found = disks.judge([], {"n": disks.spaces(summary, {})})
    assert [each.result for each in found] == ["fail", "warn"]
    assert "image disk" in found[1].says
    # What counts is what this kubelet was told.
    told = {"kubeletconfig": {"evictionHard": {"nodefs.available": "1", "imagefs.available": "16"}}}
    found = disks.judge([], {"n": disks.spaces(summary, told)})
    assert [each.result for each in found] == ["fail"]
    assert "image disk" in found[0].says


def test_what_dns_answers() -> None:
    good = Outcome("Succeeded", "asked 10.96.0.10 \naddress 10.96.0.1\n")
    assert dns.judge(good, "10.96.0.1", 2).result == "ok"
    assert "and it is 10.97.0.1" in dns.judge(good, "10.97.0.1", 2).says
    dead = Outcome("Failed", "asked 10.96.0.10 \nkubernetes.default.svc: Temporary failure\n")
    assert "no pod behind kube-system/kube-dns is ready" in dns.judge(dead, "10.96.0.1", 0).says
    assert "did not run: sandbox" in dns.judge(Outcome("Pending", cause="sandbox"), "10.96.0.1", 2).says


def test_traffic_between_nodes() -> None:
    targets = {"pod@a", "pod@b", "service"}
    good = Outcome("Succeeded", "pod@a ok\npod@b ok\nservice ok\n")
    assert traffic.judge({"a": good, "b": good}, targets, 2)[0].says.startswith("on 2 nodes, every pod")
    assert traffic.judge({"a": good, "b": good}, targets, 9)[0].result == "warn"
    assert "one node" in traffic.judge({"a": Outcome("Succeeded", "pod@a ok\nservice ok")}, targets, 1)[0].says
    lost = Outcome("Succeeded", "pod@a ok\npod@b timed out\nservice ok\n")
    (found,) = traffic.judge({"a": lost, "b": good}, targets, 2)
    assert found.says == "from node a, no pod on node b is reached: timed out"
    (found,) = traffic.judge({"a": Outcome("Succeeded", "pod@a refused\nservice ok")}, targets, 1)
    assert "does not reach another one" in found.says
    (found,) = traffic.judge({"a": Outcome("Pending", cause="no network")}, targets, 1)
    assert "did not run: no network" in found.says


def test_one_image_per_registry() -> None:
    one, two = Reference("quay.io", "a/b", "1"), Reference("quay.io", "a/c", "1")
    other = Reference("ghcr.io", "x/y", "2")
    assert pulls.sources([two, one, other]) == {"quay.io": "quay.io/a/b:1", "ghcr.io": "ghcr.io/x/y:2"}
    assert pulls.sources([two, one], str(two)) == {"quay.io": "quay.io/a/c:1"}


@pytest.mark.parametrize(
    ("state", "arrived"),
    [
        ({"waiting": {"reason": "ImagePullBackOff"}}, False),
        ({"waiting": {"reason": "ContainerCreating"}}, False),
        ({"waiting": {"reason": "RunContainerError"}}, True),
        ({"terminated": {"reason": "StartError", "exitCode": 128}}, True),
    ],
)
def test_an_image_that_arrived(state: dict[str, Any], arrived: bool) -> None:
    assert pulls.pulled({"status": {"containerStatuses": [{"state": state}]}}) is arrived
    assert not pulls.pulled({})


def test_kinds_of_claims() -> None:
    def claim(name: str, storage_class: str | None) -> dict[str, Any]:
        spec = {"accessModes": ["ReadWriteMany"]} | (
            {} if storage_class is None else {"storageClassName": storage_class}
        )
        return {"kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}

    template = {"spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "b"}}
    stateful = {"kind": "StatefulSet", "metadata": {"name": "s"}, "spec": {"volumeClaimTemplates": [template]}}
    marked = {"name": "a", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    present: list[dict[str, Any]] = [{"metadata": marked}, {"metadata": {"name": "b"}}]
    plan = [claim("x", None), claim("y", ""), claim("z", "later"), stateful]
    assert claims.kinds(plan, present) == {("a", "ReadWriteMany"), ("b", "ReadWriteOnce")}


def test_exports_that_are_named() -> None:
    volumes: list[dict[str, Any]] = [
        {"kind": "PersistentVolume", "spec": {"nfs": {"server": "s", "path": "/srv"}}},
        {"kind": "PersistentVolume", "spec": {"nfs": {"server": "s", "path": "/srv/data"}}},
        {"kind": "PersistentVolume", "spec": {"csi": {"volumeAttributes": {"server": "t", "share": "/x"}}}},
        {"kind": "PersistentVolume", "spec": {"hostPath": {"path": "/y"}}},
        {"kind": "StorageClass", "parameters": {"server": "u", "share": "/"}},
        {"kind": "StorageClass"},
        {"kind": "Deployment", "spec": {"template": {"spec": {"volumes": [{"nfs": {"server": "v", "path": "/w"}}]}}}},
    ]
    assert nfs.exports(volumes) == {("s", "/srv"), ("t", "/x"), ("u", "/"), ("v", "/w")}


def test_an_export() -> None:
    assert nfs.judge("s", "no connection", {})[0].result == "fail"
    found = nfs.judge("s", "", {"/x": "denied", "/y": ""})
    assert ["does not export /x: denied" in each.says for each in found] == [True]
    assert "no libnfs" in nfs.judge("s", "", {"/x": None})[0].says
    assert nfs.judge("s", "", {"/x": "", "/y": ""})[0].says == "s answers; /x, /y: an NFS client listed it"


@pytest.mark.parametrize(
    ("why", "result"),
    [
        ("ErrImagePull: failed to resolve reference: nvcr.io/a/b:x: not found", "ok"),
        ("ErrImagePull: manifest unknown", "ok"),
        ("ErrImagePull: dial tcp: lookup nvcr.io: no such host", "fail"),
        ("ErrImagePull: pull access denied, repository does not exist or may require authorization", "fail"),
    ],
)
def test_a_registry_that_is_only_asked(why: str, result: str) -> None:
    assert pulls.judge_asked("nvcr.io/a/b:1", Outcome("Pending", cause=why)).result == result


def test_images_that_are_pulled_anyway() -> None:
    reference = Reference("quay.io", "a/b", "1")
    run = Use("argo", "Deployment argo/server", "spec.template.spec.containers[0].image")
    hidden = Use("seldon", "ConfigMap seldon-system/servers", "data.servers")
    assert pulls.installs(Image(reference, (run, hidden)))
    assert not pulls.installs(Image(reference, (hidden,)))


def test_requests_as_the_scheduler_counts_them() -> None:
    def container(**asked: str) -> dict[str, Any]:
        return {"resources": {"requests": asked}}

    limited = {"resources": {"limits": {"cpu": "2", "memory": "1Ki"}, "requests": {"cpu": "250m"}}}
    spec = {"containers": [container(cpu="500m"), limited], "initContainers": [container(cpu="4", memory="512")]}
    assert resources.of_pod(spec) == resources.Amount(4.0, 1024.0, 1)
    pods_of_it = {"Deployment x/y": (resources.Amount(0.6, 1.0, 1), 2)}
    rooms = {"a": resources.Amount(0.7, 9.0, 9), "b": resources.Amount(0.7, 9.0, 9)}
    assert resources.judge(rooms, pods_of_it)[0].result == "ok"
    one_large = {"Deployment x/y": (resources.Amount(1.0, 1.0, 1), 1)}
    assert "no node has room for Deployment x/y" in resources.judge(rooms, one_large)[0].says


def test_pods_of_the_plan_do_not_count_twice() -> None:
    spec = {"nodeName": "n", "containers": [{"resources": {"requests": {"cpu": "1"}}}]}
    ours = {"metadata": {"labels": {"slipway.dev/component": "argo"}}, "spec": spec}
    others = {"metadata": {}, "spec": spec}
    assert resources.used_by_others([ours, others], {"argo"}) == {"n": resources.Amount(1.0, 0.0, 1)}


def test_permissions_are_grouped() -> None:
    lacking = [permissions.Need("pods", "", place, verb) for place in ("a", "b") for verb in ("list", "get")]
    (found,) = permissions.judge(9, lacking, [])
    assert found.says == "not allowed: get, list pods in a, b"
    many = [permissions.Need(f"r{number}", "g", "", "get") for number in range(20)]
    assert permissions.judge(20, many, [])[-1].says == "and 8 more of the kind"


def test_certificates_that_end() -> None:
    ends = {"old": NOW - datetime.timedelta(days=1), "soon": NOW + datetime.timedelta(days=20), "broken": None}
    assert [each.result for each in certificates.judge(ends, NOW)] == ["warn", "fail", "warn"]
    assert certificates.judge({}, NOW)[0].result == "warn"
    later = {"good": NOW + datetime.timedelta(days=200)}
    assert "the first to end is good" in certificates.judge(later, NOW)[0].says


@pytest.mark.parametrize(
    ("selector", "labels", "matching"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "b"}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "c"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["x"]}]}, {"a": "x"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False),
    ],
)
def test_selectors(selector: dict[str, Any], labels: dict[str, str], matching: bool) -> None:
    assert webhooks.matches(selector, labels) is matching


@pytest.mark.parametrize(
    ("message", "status", "said"),
    [
        ('admission webhook "w" denied the request: no', 403, ""),
        ('Internal error occurred: failed calling webhook "w": timeout', 500, 'failed calling webhook "w": timeout'),
        ("spec.x: Required value", 422, None),
    ],
)
def test_refusals_through_a_webhook(message: str, status: int, said: str | None) -> None:
    found = webhooks.reached(message, status, "w")
    assert (found is None) if said is None else (found is not None and found.endswith(said))


def test_the_smallest_object_of_a_schema() -> None:
    schema = {
        "type": "object",
        "required": ["name", "mode", "count", "port", "items", "flag", "sub"],
        "properties": {
            "name": {"type": "string", "minLength": 3},
            "mode": {"type": "string", "enum": ["fast", "slow"]},
            "count": {"type": "integer", "minimum": 2},
            "port": {"x-kubernetes-int-or-string": True},
            "items": {"type": "array", "minItems": 1, "items": {"type": "number"}},
            "flag": {"type": "boolean"},
            "sub": {"type": "object", "properties": {"optional": {"type": "string"}}},
        },
    }
    assert sample.least(schema) == {
        "name": "aaa", "mode": "fast", "count": 2, "port": 1, "items": [1], "flag": False, "sub": {},
    }  # fmt: skip


def test_why_a_pod_does_not_run() -> None:
    waiting = {"name": "doctor", "state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}
    found = {"metadata": {"name": "p", "namespace": "n"}, "status": {"containerStatuses": [waiting]}}
    assert stuck(found, AT_ONCE)
    assert pods.held(found, []).why == "container doctor: ErrImagePull: not found"
    event = {"type": "Warning", "reason": "FailedMount", "message": "no server", "involvedObject": {"kind": "Pod"}}
    pending = {"metadata": {"name": "p", "namespace": "n"}, "status": {"phase": "Pending"}, "spec": {"nodeName": "n"}}
    assert "FailedMount: no server" in pods.held(pending, [event]).why
    assert "NFS server" in pods.held(pending, [event]).remedy


def test_namespaces_of_killed_doctors() -> None:
    def made(name: str, minutes: int) -> dict[str, Any]:
        stamp = (NOW - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"metadata": {"name": name, "creationTimestamp": stamp}}

    assert space.stale([made("old", 30), made("running", 5)], NOW) == ["old"]


def test_the_page_is_current() -> None:
    current = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    assert current == page.page(), "python -m slipway.doctor.page > docs/doctor.md"


def test_rows_for_people() -> None:
    rows = [Row("dns", "cluster", "w", "fail", "no answer", "look"), Row("nfs", "cluster", "w", "ok", "listed")]
    assert text(rows).splitlines() == [
        "✗ dns                no answer",
        f"{'':21}→ look",
        "✓ nfs                listed",
        "1 ok, 1 fail",
    ]


def test_a_check_that_does_not_exist() -> None:
    with pytest.raises(BadInput, match="no check 'nets'"):
        refuse_unknown(["dns", "nets"])
    refuse_unknown(["dns", "NFS client", "api-server"])
