"""Workloads are taken and their pods are not: named while one waits, ended at once where waiting cannot help."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from api_objects import Obj, deployment, namespace
from eventually import eventually
from meanwhile import meanwhile
from slipway.catalog import load_catalog
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref, ref_of
from slipway.progress import Reporter
from slipway.release.applying.engine import Installation, install
from slipway.release.planning.plan import Plan
from slipway.render import Facts, render
from slipway.render.images import unchanged

#: The API server whose controllers make pods.
SERVER = "faulty_server"

Tree = Callable[..., Path]
#: Seconds of a component; nothing here waits so long unless it fails.
PATIENCE = 240
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
SECURE = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def put(root: Path, client: Client, reporter: Reporter, timeout: float = PATIENCE) -> Installation:
    rendered = render(load_catalog(root, "test"), {}, Facts(project="workbench"), unchanged)
    return install(Plan("test", "workbench", rendered, dict.fromkeys(rendered, timeout)), client, reporter)


def told(reporter: Reporter) -> str:
    return str(reporter.stream.getvalue())  # type: ignore[attr-defined]


def error_of(done: Installation) -> SlipwayError:
    (outcome,) = [outcome for outcome in done.outcomes if outcome.result == "failed"]
    assert outcome.error is not None
    return outcome.error


def kubelet(
    client: Client, place: str, before: Callable[[], None] = lambda: None
) -> contextlib.AbstractContextManager[None]:
    """Says of every pod of a namespace that it runs, after ``before``."""
    running = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}

    def say() -> None:
        for pod in client.objects("v1", "Pod", place):
            client.patch(ref_of(pod), {"status": running}, subresource="status")

    return meanwhile(say, before)


def restricted(name: str) -> Obj:
    made = namespace(name)
    return {**made, "metadata": {**made["metadata"], "labels": RESTRICTED}}


def stateful(place: str, name: str) -> Obj:
    made = deployment(place, name)
    return {**made, "kind": "StatefulSet", "spec": {**made["spec"], "serviceName": name}}


@pytest.mark.parametrize("workload", [deployment, stateful])
def test_pods_that_a_namespace_forbids_end_the_component_long_before_its_deadline(
    client: Client, tree: Tree, reporter: Reporter, unique: str, workload: Callable[[str, str], Obj]
) -> None:
    above = f"{unique}-above"
    objects = [restricted(unique), workload(unique, "web")]
    parts: dict[str, Any] = {above: {"objects": [namespace(above)], "spec": {"requires": [unique]}}}
    done = put(tree({unique: {"objects": objects}, **parts}), client, reporter)
    error = error_of(done)
    assert error.what.startswith(f"cannot become ready: {objects[1]['kind']} {unique}/web: its pods are refused")
    assert 'violates PodSecurity "restricted' in error.what
    assert "securityContext.seccompProfile.type" in str(error)
    assert "pod-security.kubernetes.io/enforce" in error.remedy
    lines = [line for line in told(reporter).splitlines() if f"waiting for {objects[1]['kind']} {unique}/web" in line]
    assert any("violates PodSecurity" in line for line in lines), lines
    assert [outcome.why for outcome in done.outcomes if outcome.result == "skipped"] == [f"it requires {unique}"]


def test_a_mended_template_is_not_judged_by_the_refusals_of_the_old_one(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    broken, mended = deployment(unique, "web"), deployment(unique, "web")
    mended["spec"]["template"]["spec"]["containers"][0]["securityContext"] = SECURE
    error_of(put(tree({unique: {"objects": [restricted(unique), broken]}}), client, reporter))
    with kubelet(client, unique):
        done = put(tree({unique: {"objects": [restricted(unique), mended]}}), client, reporter)
    assert done.ok, str(error_of(done))


def test_a_mended_namespace_is_not_judged_by_old_refusals(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """Those are still in its events, and in the Deployment's conditions until the next try."""
    open_one = {**namespace(unique), "metadata": {"name": unique, "labels": dict.fromkeys(RESTRICTED, "privileged")}}
    error_of(put(tree({unique: {"objects": [restricted(unique), deployment(unique, "web")]}}), client, reporter))
    with kubelet(client, unique):
        done = put(tree({unique: {"objects": [open_one, deployment(unique, "web")]}}), client, reporter)
    assert done.ok, str(error_of(done))


def test_a_quota_is_named_while_it_is_waited_for_and_may_be_raised_meanwhile(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    meta = {"name": "small", "namespace": unique}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": {"pods": "0"}}}
    client.apply(namespace(unique))
    client.apply(quota)
    eventually(
        lambda: ((client.get("v1", "ResourceQuota", "small", unique) or {}).get("status") or {}).get("hard"),
        "the quota is read",
    )

    def raise_it() -> None:
        wanted = f"waiting for Deployment {unique}/web: 0 of 1 pods are of the new template; one was refused: exceeded"
        eventually(lambda: wanted in told(reporter), "the quota is named")
        client.delete(Ref("v1", "ResourceQuota", unique, "small"))

    with kubelet(client, unique, raise_it):
        done = put(tree({unique: {"objects": [namespace(unique), deployment(unique, "web")]}}), client, reporter)
    assert done.ok, str(error_of(done))


def test_a_claim_of_a_class_that_does_not_exist_is_named(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": unique, "resources": {"requests": {"storage": "1Gi"}}}
    meta = {"name": "data", "namespace": unique}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}
    error = error_of(put(tree({unique: {"objects": [namespace(unique), claim]}}), client, reporter, timeout=15))
    cause = f'ProvisioningFailed: storageclass.storage.k8s.io "{unique}" not found'
    assert error.what.startswith("not ready after 15 s of 15 s: ")
    assert cause in error.what
    assert "no such StorageClass" in error.remedy
    assert any(cause in line for line in told(reporter).splitlines() if "waiting for" in line)


def test_nodes_without_network_are_the_cause_of_pods_without_node(
    client: Client, tree: Tree, reporter: Reporter, unique: str
) -> None:
    """No scheduler and no kubelet run here: what they would write is written by the test."""
    message = "container runtime network not ready: NetworkReady=false: cni plugin not initialized"
    node = client.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": unique}})
    state = {"conditions": [{"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": message}]}
    client.patch(ref_of(node), {"status": state}, subresource="status")
    told_by_scheduler = "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }."
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": told_by_scheduler}

    def scheduler() -> None:
        pods = eventually(lambda: client.objects("v1", "Pod", unique), "the pod")
        client.patch(ref_of(pods[0]), {"status": {"conditions": [unscheduled]}}, subresource="status")

    thread = threading.Thread(target=scheduler)
    thread.start()
    objects = [namespace(unique), deployment(unique, "web")]
    error = error_of(put(tree({unique: {"objects": objects}}), client, reporter, timeout=15))
    thread.join()
    client.delete(ref_of(node))
    assert f"Node {unique} is not Ready: {message}" in error.what
    assert "/etc/cni/net.d" in error.remedy
    assert told_by_scheduler in str(error)
    assert told_by_scheduler in told(reporter)
