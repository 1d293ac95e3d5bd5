"""docs/inventory.md, compared with the running node: who listens, and which Services and Secrets there are."""

from __future__ import annotations

import re
import subprocess

import pytest
from slipway import paths
from slipway.kube import Client
from slipway.paths import KUBECONFIG

PAGE = (paths.distribution() / "docs/inventory.md").read_text()
PROGRAMS = ("containerd", "kubelet", "etcd", "kube-apiserver", "kube-controller", "kube-scheduler", "kube-proxy")
LISTENS = re.compile(r"^(\S+):(\d+)$")
OURS = {*PROGRAMS, "ganesha.nfsd", "network-policie", "envoy", "coredns"}


@pytest.fixture(scope="module")
def kube() -> Client:
    client = Client.from_kubeconfig(KUBECONFIG)
    client.request("GET", "/readyz")
    return client


def listening() -> set[tuple[str, int, str]]:
    """(address, TCP port, program) of the node's sockets."""
    done = subprocess.run(["ss", "-ltnHp"], capture_output=True, text=True, check=True)
    found = set()
    for line in done.stdout.splitlines():
        words = line.split()
        address, _, port = words[3].rpartition(":")
        program = re.search(r'\("([^"]+)"', line)
        found.add((address, int(port), program[1] if program else ""))
    return found


def test_who_listens_is_on_the_page() -> None:
    sockets = {(address, port, program) for address, port, program in listening() if program in OURS}
    assert {program for _, _, program in sockets} >= {"kube-apiserver", "etcd", "kubelet", "ganesha.nfsd"}
    for address, port, program in sockets:
        # Of the system's choice: containerd's streaming server.
        if not (program == "containerd" and address == "127.0.0.1"):
            assert re.search(rf"\b{port}\b", PAGE), f"{program} listens on {address}:{port}"


def test_every_service_of_the_platform_is_on_the_page(kube: Client) -> None:
    outside = {"default", "kube-system", "workbench"}
    services = [s["metadata"] for s in kube.objects("v1", "Service") if s["metadata"]["namespace"] not in outside]
    assert len(services) >= 8
    for meta in services:
        assert f"`{meta['name']}.{meta['namespace']}`" in PAGE, meta["name"]


def test_every_secret_of_the_platform_is_on_the_page(kube: Client) -> None:
    outside = {"kube-system", "workbench", "default"}
    for secret in kube.objects("v1", "Secret"):
        meta = secret["metadata"]
        if meta["namespace"] not in outside and secret["type"] != "kubernetes.io/service-account-token":
            name = "revision-<number>" if meta["name"].startswith("revision-") else meta["name"]
            assert f"`{name}`" in PAGE, f"{meta['namespace']}/{meta['name']}"
