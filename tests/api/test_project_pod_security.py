"""What a pod of a user's may not have, whoever makes it: an edit right in a project is no way to the node."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from api_server import CONTROLLERS, running
from project_users import PROJECT, establish, refusal, rendered, until_in_force, user
from slipway.kube import Client, Obj
from slipway.progress import Reporter


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Who may edit the project, beside the whole overlay's rules."""
    directory = tmp_path_factory.mktemp("security")
    with running(directory, f"{CONTROLLERS},clusterrole-aggregation-controller") as server:
        establish(server.client, rendered("embedded"), Reporter("plain", StringIO()))
        until_in_force(server.client, pod(UNMASKED, hostUsers=False))
        yield user(server, directory, "alice")


def pod(container: Obj | None = None, annotations: Obj | None = None, **spec: Any) -> Obj:
    main = {"name": "main", "image": "slipway.local/base:0.1.0", **(container or {})}
    meta = {"name": "mine", "namespace": PROJECT, "annotations": annotations or {}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [main], **spec}}


def host(path: str) -> Obj:
    return {"volumes": [{"name": "host", "hostPath": {"path": path}}]}


UNMASKED = {"securityContext": {"procMount": "Unmasked"}}
POWER = {"securityContext": {"privileged": True, "runAsUser": 0}}
NOTEBOOK = {"name": "jupyter", "namespace": PROJECT, "labels": {"component": "singleuser-server"}}
#: attack → (pod, what the refusal names)
REFUSED: dict[str, tuple[Obj, str]] = {
    "the node's files": (pod(**host("/etc/kubernetes")), "hostPath"),
    "a step that is privileged": (pod(POWER, **host("/")), "privileged"),
    "an init container": (pod(initContainers=[{"name": "a", "image": "a", **POWER}]), "privileged"),
    "the node's network": (pod(hostNetwork=True), "host namespaces"),
    "the node's processes": (pod(hostPID=True), "host namespaces"),
    "the node's memory": (pod(hostIPC=True), "host namespaces"),
    "a port of the node": (pod({"ports": [{"containerPort": 80, "hostPort": 80}]}), "hostPort"),
    "a capability": (pod({"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}), "SYS_ADMIN"),
    "raw packets": (pod({"securityContext": {"capabilities": {"add": ["NET_RAW"]}}}), "NET_RAW"),
    "no seccomp": (pod(securityContext={"seccompProfile": {"type": "Unconfined"}}), "seccompProfile"),
    "no AppArmor": (pod(securityContext={"appArmorProfile": {"type": "Unconfined"}}), "AppArmor"),
    "the kernel's settings": (pod(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}), "sysctls"),
    "another SELinux type": (pod(securityContext={"seLinuxOptions": {"type": "spc_t"}}), "seLinuxOptions"),
    "a notebook": (pod(**host("/var/lib/kubelet")) | {"metadata": NOTEBOOK}, "hostPath"),
}  # fmt: skip


@pytest.mark.parametrize("attack", REFUSED)
def test_a_pod_that_leads_to_the_node_is_refused(alice: Client, attack: str) -> None:
    obj, named = REFUSED[attack]
    answer = refusal(alice, obj)
    assert 'violates PodSecurity "baseline' in answer, answer or "the pod was made"
    assert named in answer


@pytest.mark.parametrize("place", ["containers", "initContainers"])
def test_all_of_proc_is_refused(alice: Client, place: str) -> None:
    """Of a user namespace's, too: Pod Security allows that from Kubernetes 1.35."""
    bold = {"name": "bold", "image": "a", **UNMASKED}
    obj = pod(hostUsers=False)
    obj["spec"].setdefault(place, []).append(bold)
    assert "procMount" in (refusal(alice, obj) or "the pod was made")


def test_a_plain_pod_is_made(alice: Client) -> None:
    """Of an image that runs as root and says nothing of security, as examples from elsewhere do."""
    assert refusal(alice, pod(), dry_run=True) == ""


def test_a_pod_that_runs_gets_no_privileged_container_beside_it(alice: Client) -> None:
    assert refusal(alice, pod()) == ""
    path = f"/api/v1/namespaces/{PROJECT}/pods/mine"
    debug = {"name": "debug", "image": "slipway.local/base:0.1.0", "securityContext": {"privileged": True}}
    body = {"spec": {"ephemeralContainers": [debug]}}
    try:
        with pytest.raises(Exception, match=r"ephemeralcontainers|violates PodSecurity"):
            alice.request(
                "PATCH",
                f"{path}/ephemeralcontainers",
                body=body,
                content_type="application/strategic-merge-patch+json",
            )
    finally:
        alice.request("DELETE", path)
