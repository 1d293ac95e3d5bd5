"""Kinds of steps beyond a container with a command: a manifest, a request, a kept result, an image's own command.

All Workflows of the module run side by side, each with no more rights than the project's own account has; only the one
that makes an object has an account of its own, as docs/argo.md describes it.
"""

from __future__ import annotations

import secrets
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from e2e_users import user
from slipway.kube import Client, Obj, ref_of
from slipway.node import NodeConfig
from slipway.progress import Reporter
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes import registry as probe
from slipway.readiness.probes.tinyimage import MANIFEST_TYPE, image

API = "argoproj.io/v1alpha1"
IMAGE = "slipway.local/base:0.1.0"
HEALTH = "http://hub.jupyterhub.svc.cluster.local:8081/hub/health"

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]
Over = Callable[[str], Obj]


@pytest.fixture(scope="module")
def name() -> str:
    return f"e2e-{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def pushed(kube: Client, project: str, gateway: str, node_ip: str, name: str) -> Iterator[str]:
    """The reference of an image in the platform's registry whose configuration says what it runs."""
    settings = {"node_port": str(NodeConfig.registry_node_port)}
    known = probe.client(ProbeContext(kube, project, settings, gateway, node_ip, Reporter()))
    picture = image(kube.objects("v1", "Node")[0]["status"]["nodeInfo"]["architecture"])
    for digest, data in picture.blobs.items():
        known.push_blob("e2e-argo", digest, data)
    known.push_manifest("e2e-argo", name, picture.manifest, MANIFEST_TYPE)
    yield f"{probe.HOST}/e2e-argo:{name}"
    known.delete("e2e-argo", "manifests", picture.digest)


def templates(name: str, pushed: str) -> dict[str, Obj]:
    """Kind of step → its template."""
    made = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}-made}}\ndata: {{a: b}}\n"
    cache = {"configMap": {"name": f"{name}-cache"}}
    compute = {"image": IMAGE, "command": ["sh", "-c", "echo computed; echo -n 42 >/tmp/out"]}
    outputs = {"parameters": [{"name": "n", "valueFrom": {"path": "/tmp/out"}}]}
    return {
        "resource": {"resource": {"action": "create", "manifest": made}},
        "http": {"http": {"url": HEALTH, "successCondition": "response.statusCode == 200"}},
        "memoize": {"memoize": {"key": "k", "maxAge": "1h", "cache": cache}, "container": compute, "outputs": outputs},
        "command": {"container": {"image": pushed}},
    }


def workflow(project: str, name: str, template: Obj, **spec: Any) -> Obj:
    spec = {
        "entrypoint": "m",
        "templates": [{"name": "m", **template}],
        "podGC": {"strategy": "OnWorkflowCompletion"},
        **spec,
    }
    spec["podGC"]["deleteDelayDuration"] = "2m"
    meta = {"name": name, "namespace": project}
    return {"apiVersion": API, "kind": "Workflow", "metadata": meta, "spec": spec}


def account(project: str, name: str) -> list[Obj]:
    """An account for steps that make ConfigMaps: what an executor needs, and that."""
    meta, group = {"name": name, "namespace": project}, "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "get"]},
    ]
    bound = {
        "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": project}],
    }
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": rules},
        {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": meta, **bound},
    ]


@pytest.fixture(scope="module")
def begun(kube: Client, project: str, name: str, pushed: str) -> Iterator[dict[str, str]]:
    """Kind of step → the name of a Workflow that has begun."""
    accounts = {"resource": {"serviceAccountName": f"{name}-maker"}}
    objects = account(project, f"{name}-maker")
    for kind, template in templates(name, pushed).items():
        objects.append(workflow(project, f"{name}-{kind}", template, **accounts.get(kind, {})))
    made = [kube.create(obj) for obj in objects]
    yield {kind: f"{name}-{kind}" for kind in templates(name, pushed)}
    # What the steps left: an object of the project's, and the controller's cache beside itself.
    left = {f"{name}-made": project, f"{name}-cache": "argo"}
    caches = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": one, "namespace": place}}
        for one, place in left.items()
    ]
    for obj in [*made[::-1], *caches]:
        kube.delete(ref_of(obj))


@pytest.fixture
def over(kube: Client, project: str, eventually: Eventually) -> Over:
    """The status of a Workflow when it is over."""

    def wait(name: str) -> Obj:
        def asked() -> Obj | None:
            status: Obj = (kube.get(API, "Workflow", name, project) or {}).get("status", {})
            return status if status.get("phase") in ("Succeeded", "Failed", "Error") else None

        found: Obj = eventually(asked, timeout=150, what=f"workflow {name} is not over")
        return found

    return wait


@pytest.mark.parametrize("kind", ["resource", "http", "memoize", "command"])
def test_the_step_succeeds(begun: dict[str, str], over: Over, kind: str) -> None:
    status = over(begun[kind])
    said = [status.get("message"), *(node.get("message") for node in status.get("nodes", {}).values())]
    assert status["phase"] == "Succeeded", said


def test_the_manifest_was_made(kube: Client, project: str, name: str, begun: dict[str, str], over: Over) -> None:
    over(begun["resource"])
    found = kube.get("v1", "ConfigMap", f"{name}-made", project)
    assert found is not None
    assert found["data"] == {"a": "b"}


def test_a_kept_result_is_not_computed_again(
    kube: Client, project: str, name: str, pushed: str, begun: dict[str, str], over: Over
) -> None:
    over(begun["memoize"])
    again = kube.create(workflow(project, f"{name}-again", templates(name, pushed)["memoize"]))
    try:
        status = over(f"{name}-again")
        assert status["phase"] == "Succeeded", status.get("message")
        (node,) = status["nodes"].values()
        assert node["memoizationStatus"]["hit"] is True
        assert node["outputs"]["parameters"][0]["value"] == "42"
        assert kube.objects("v1", "Pod", project, labels=f"workflows.argoproj.io/workflow={name}-again") == []
    finally:
        kube.delete(ref_of(again))


@pytest.mark.parametrize("role", ["argo-aggregate-to-edit", "argo-aggregate-to-view"])
def test_who_may_see_a_workflow_reads_its_logs(
    kube: Client,
    create: Create,
    tmp_path: Path,
    project: str,
    gateway: str,
    temp_name: str,
    eventually: Eventually,
    begun: dict[str, str],
    over: Over,
    role: str,
) -> None:
    """By the server, with the role that the page gives: it reads them with the token of who asks."""
    over(begun["memoize"])
    user(kube, create, tmp_path / "somebody", project, temp_name, role)
    token = (tmp_path / "somebody").read_text().partition("token: ")[2].split()[0]
    url = f"{gateway}/argo/api/v1/workflows/{project}/{begun['memoize']}/log?logOptions.container=main"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})

    def log() -> bool:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return "computed" in answer.read().decode()

    def readable() -> bool:
        try:
            return log()
        except OSError:
            return False

    eventually(readable, timeout=60, what="the log is not readable")
