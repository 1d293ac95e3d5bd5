"""Somebody who may edit a project tries to get to the node, and to take over the platform's paths."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from e2e_users import user
from slipway.kube import ApiError, Client, Obj

IMAGE = "slipway.local/base:0.1.0"
READ = "test -r /host/etc/kubernetes/admin.conf && echo CAN-READ"

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]


@pytest.fixture
def alice(kube: Client, create: Create, tmp_path: Path, project: str, temp_name: str, eventually: Eventually) -> Client:
    found = user(kube, create, tmp_path / "alice", project, temp_name)
    # The role has to reach the API server's authorizer.
    eventually(lambda: found.objects("v1", "Pod", project) is not None, what="alice may not list pods")
    return found


def step(name: str) -> Obj:
    """A container that reads the node's files as root."""
    power = {"runAsUser": 0, "privileged": True}
    mounts = [{"name": "host", "mountPath": "/host", "readOnly": True}]
    return {
        "name": name,
        "image": IMAGE,
        "command": ["sh", "-c", READ],
        "securityContext": power,
        "volumeMounts": mounts,
    }


VOLUMES = [{"name": "host", "hostPath": {"path": "/"}}]


def test_a_privileged_workflow_never_runs(
    kube: Client, create: Create, alice: Client, project: str, temp_name: str, eventually: Eventually
) -> None:
    spec = {"entrypoint": "m", "volumes": VOLUMES, "templates": [{"name": "m", "container": step("main")}]}
    meta = {"name": temp_name, "namespace": project}
    made = alice.create({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": meta, "spec": spec})
    try:

        def over() -> Obj | None:
            status: Obj = (alice.get("argoproj.io/v1alpha1", "Workflow", temp_name, project) or {}).get("status", {})
            return status if status.get("phase") in ("Succeeded", "Failed", "Error") else None

        status = eventually(over, timeout=120, what="the Workflow is not over")
        assert status["phase"] == "Error"
        assert "violates PodSecurity" in status["message"]
        assert kube.objects("v1", "Pod", project, labels=f"workflows.argoproj.io/workflow={temp_name}") == []
    finally:
        alice.request("DELETE", f"/apis/argoproj.io/v1alpha1/namespaces/{project}/workflows/{made['metadata']['name']}")


def test_a_privileged_training_job_never_runs(
    kube: Client, create: Create, alice: Client, project: str, temp_name: str, eventually: Eventually
) -> None:
    pod = {"containers": [step("tensorflow")], "volumes": VOLUMES}
    workers = {"Worker": {"replicas": 1, "restartPolicy": "Never", "template": {"spec": pod}}}
    meta = {"name": temp_name, "namespace": project}
    job = {"apiVersion": "kubeflow.org/v1", "kind": "TFJob", "metadata": meta, "spec": {"tfReplicaSpecs": workers}}
    alice.create(job)
    try:

        def told() -> bool:
            events = kube.objects("v1", "Event", project)
            about = [e["message"] for e in events if e["involvedObject"].get("name") == temp_name]
            return any("violates PodSecurity" in message for message in about)

        eventually(told, timeout=60, what="no Event says that the pod is refused")
        assert kube.objects("v1", "Pod", project, labels=f"training.kubeflow.org/job-name={temp_name}") == []
    finally:
        alice.request("DELETE", f"/apis/kubeflow.org/v1/namespaces/{project}/tfjobs/{temp_name}")


def test_the_hubs_path_stays_the_hubs(alice: Client, gateway: str, project: str, temp_name: str) -> None:
    meta, spec = {"name": temp_name, "namespace": project}, {"hostname": "*", "prefix": "/hub/", "service": "mine"}
    with pytest.raises(ApiError, match="takes requests of the platform"):
        alice.create({"apiVersion": "getambassador.io/v3alpha1", "kind": "Mapping", "metadata": meta, "spec": spec})
    with urllib.request.urlopen(f"{gateway}/hub/login", timeout=10) as answer:
        assert "JupyterHub" in answer.read().decode()
