"""The registry lets in who knows the password: over HTTP, and a node that pulls for a Pod."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from slipway.clients.registry import RegistryClient
from slipway.kube import Client, Obj, Ref
from slipway.node import NodeConfig
from slipway.progress import Reporter
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes import registry as probe
from slipway.readiness.probes.tinyimage import MANIFEST_TYPE, image

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]


@pytest.fixture
def context(kube: Client, project: str, gateway: str, node_ip: str) -> ProbeContext:
    settings = {"node_port": str(NodeConfig.registry_node_port)}
    return ProbeContext(kube, project, settings, gateway, node_ip, Reporter())


@pytest.fixture
def known(context: ProbeContext) -> RegistryClient:
    """The registry, by one who knows the password."""
    return probe.client(context)


@pytest.fixture
def pushed(known: RegistryClient, kube: Client) -> Iterator[str]:
    """The reference of a small image in the registry, by the name that nodes know."""
    architecture = kube.objects("v1", "Node")[0]["status"]["nodeInfo"]["architecture"]
    picture, tag = image(architecture), secrets.token_hex(6)
    for digest, data in picture.blobs.items():
        known.push_blob("e2e", digest, data)
    known.push_manifest("e2e", tag, picture.manifest, MANIFEST_TYPE)
    yield f"{probe.HOST}/e2e:{tag}"
    known.delete("e2e", "manifests", picture.digest)


@pytest.mark.parametrize("path", ["/v2/", "/v2/_catalog", "/v2/e2e/tags/list", "/v2/e2e/manifests/latest"])
@pytest.mark.parametrize("who", ["nobody", "a wrong password", "another user"])
def test_strangers_see_nothing(known: RegistryClient, who: str, path: str) -> None:
    asker = {
        "nobody": RegistryClient(known.base),
        "a wrong password": replace(known, password=known.password[::-1] + "x"),
        "another user": replace(known, username="admin"),
    }[who]
    answer = asker.call("GET", path)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_strangers_cannot_push(known: RegistryClient) -> None:
    assert RegistryClient(known.base).call("POST", "/v2/e2e/blobs/uploads/", b"").status == 401


def test_the_password_is_of_this_installation(known: RegistryClient, kube: Client, project: str) -> None:
    assert len(known.password) >= 24
    secret = kube.get("v1", "Secret", "regcred", project)
    assert secret is not None
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    entry = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"][probe.HOST]
    assert base64.b64decode(entry["auth"]).decode() == f"{known.username}:{known.password}"


def test_installing_again_keeps_the_password(slipway: Callable[..., Any], kube: Client, known: RegistryClient) -> None:
    done = slipway("install", "--only", "registry", "--reapply")
    assert done.returncode == 0, done.stderr
    found = kube.get("v1", "Secret", "registry-auth", "registry")
    assert found is not None
    assert base64.b64decode(found["data"]["password"]).decode() == known.password
    assert known.call("GET", "/v2/").status == 200


def test_a_pod_with_the_password_runs_a_pushed_image(
    kube: Client, create: Create, eventually: Eventually, pushed: str, project: str
) -> None:
    name = create(probe.pod(project, pushed))["metadata"]["name"]
    eventually(lambda: _phase(kube, project, name) == "Succeeded", timeout=60, what="the Pod did not succeed")


def test_a_pod_with_a_wrong_password_is_told_so(
    kube: Client, create: Create, eventually: Eventually, pushed: str, project: str, temp_name: str
) -> None:
    auth = base64.b64encode(b"slipway:wrong").decode()
    create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": temp_name, "namespace": project},
            "type": "kubernetes.io/dockerconfigjson",
            "stringData": {".dockerconfigjson": json.dumps({"auths": {probe.HOST: {"auth": auth}}})},
        }
    )
    _refused(kube, create, eventually, probe.pod(project, pushed, temp_name))


def test_a_pod_without_a_password_is_told_so(
    kube: Client, create: Create, eventually: Eventually, pushed: str, project: str, temp_name: str
) -> None:
    """The project's own ServiceAccounts bring the password; this one has none."""
    create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": temp_name, "namespace": project}})
    manifest = probe.pod(project, pushed)
    del manifest["spec"]["imagePullSecrets"]
    manifest["spec"]["serviceAccountName"] = temp_name
    _refused(kube, create, eventually, manifest)


def test_images_outlive_the_registry_process(
    kube: Client, eventually: Eventually, known: RegistryClient, pushed: str
) -> None:
    path = f"/v2/e2e/manifests/{pushed.rsplit(':', 1)[1]}"
    for pod in kube.objects("v1", "Pod", "registry", labels="app=registry"):
        kube.delete(Ref("v1", "Pod", "registry", pod["metadata"]["name"]))
    eventually(
        lambda: not any(p["metadata"].get("deletionTimestamp") for p in kube.objects("v1", "Pod", "registry")),
        timeout=60,
        what="the old registry is still there",
    )
    eventually(lambda: known.call("GET", path).status == 200, timeout=60, what="the image is not there")


def _refused(kube: Client, create: Create, eventually: Eventually, manifest: Obj) -> None:
    meta = create(manifest)["metadata"]

    def told() -> str:
        found = kube.get("v1", "Pod", meta["name"], meta["namespace"]) or {}
        for state in found.get("status", {}).get("containerStatuses", []):
            waiting = state["state"].get("waiting", {})
            if waiting.get("reason") in ("ErrImagePull", "ImagePullBackOff") and "401" in waiting.get("message", ""):
                return str(waiting["message"])
        return ""

    message = eventually(told, timeout=60, every=0.5, what="the Pod was not refused")
    assert "401 Unauthorized" in message


def _phase(kube: Client, namespace: str, name: str) -> str:
    return str((kube.get("v1", "Pod", name, namespace) or {}).get("status", {}).get("phase"))
