"""From the minor before to ours: what runs keeps answering, data stays, and a run that is killed is gone on with.

These tests run in their order.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import former
import pytest
import workload
from slipway import artifacts, node, paths
from slipway.errors import SlipwayError
from slipway.kube import Client, Obj
from slipway.node import NodeConfig, state
from slipway.progress import Reporter

Slipway = Callable[..., subprocess.CompletedProcess[str]]
CONFIG = NodeConfig()
TARGET = CONFIG.kubernetes_version
MANIFEST = paths.KUBECONFIG.parent / "manifests" / "kube-apiserver.yaml"


@pytest.fixture(scope="module")
def kube(former_cluster: None) -> Client:
    return Client.from_kubeconfig(paths.KUBECONFIG)


@pytest.fixture(scope="module")
def host(former_cluster: None) -> str:
    return node.node_ip(CONFIG)


@pytest.fixture(scope="module")
def before(kube: Client, host: str) -> dict[str, Any]:
    """The workload, answering; its Pod and what it said first."""
    reporter = Reporter()
    artifacts.ensure(["image/base"], reporter)
    artifacts.import_images(["base"], CONFIG.containerd_socket, reporter)
    for obj in workload.objects(host):
        kube.apply(obj, manager="upgrade-test")
    end = time.monotonic() + 120
    while True:
        try:
            return {"pod": workload.pod(kube), "said": workload.ask(host)}
        except (OSError, ValueError, SlipwayError):
            assert time.monotonic() < end
            time.sleep(0.5)


def version(kube: Client) -> str:
    return str(kube.request("GET", "/version")["gitVersion"])


def kubelet(kube: Client) -> str:
    found = kube.get("v1", "Node", CONFIG.name) or {}
    return str(found["status"]["nodeInfo"]["kubeletVersion"])


def restarts(pod: Obj) -> int:
    return sum(status["restartCount"] for status in pod["status"]["containerStatuses"])


def test_the_version_before_works(kube: Client, before: dict[str, Any]) -> None:
    assert (version(kube), kubelet(kube), state.version(CONFIG)) == (former.VERSION,) * 3
    assert before["said"]["name"]


def test_a_start_keeps_the_version_and_says_so(slipway: Slipway, kube: Client) -> None:
    done = slipway("cluster", "start")
    assert done.returncode == 0
    assert f"stays Kubernetes {former.VERSION}" in done.stderr
    assert version(kube) == former.VERSION


def test_it_is_foretold(slipway: Slipway, kube: Client) -> None:
    done = slipway("cluster", "upgrade", "--dry-run")
    assert done.returncode == 0
    for program in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet"):
        assert f"{program} {former.VERSION} → {TARGET}" in done.stdout
    assert f"etcd {former.TAGS['etcd']} → " in done.stdout
    assert f"coredns {former.TAGS['coredns']} → " in done.stdout
    assert (version(kube), kubelet(kube)) == (former.VERSION,) * 2


def test_killed_half_way_and_gone_on_with(
    command: list[str], slipway: Slipway, kube: Client, host: str, before: dict[str, Any]
) -> None:
    reporter = Reporter()
    artifacts.ensure(["binary/kubernetes", "image/kubernetes"], reporter)
    begun = time.monotonic()
    with workload.Watch(host, str(paths.KUBECONFIG)) as watch:
        killed(command)
        assert state.version(CONFIG) == former.VERSION
        done = slipway("cluster", "upgrade")
        took = time.monotonic() - begun
    assert done.returncode == 0
    nameless = [answer for answer in watch.answers if not answer["name"]]
    print(
        f"{took:.0f} s with a kill in it; asked {len(watch.answers)} times: {len(watch.failures)} without an answer, "
        f"{len(nameless)} without a name; API server away for {watch.away:.1f} s at most"
    )
    assert len(watch.answers) > 20
    assert watch.failures == []
    assert nameless == []
    counts = [answer["count"] for answer in watch.answers]
    assert counts == sorted(counts)
    assert {answer["began"] for answer in watch.answers} == {before["said"]["began"]}


def killed(command: list[str]) -> None:
    """An upgrade whose process is killed once the API server's manifest is the new one."""
    program = subprocess.Popen([*command, "cluster", "upgrade"], start_new_session=True)
    try:
        end = time.monotonic() + 600
        while TARGET not in MANIFEST.read_text():
            assert program.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < end
            time.sleep(0.05)
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def test_everything_is_the_new_version(kube: Client) -> None:
    assert (version(kube), kubelet(kube), state.version(CONFIG)) == (TARGET,) * 3
    images = {
        container["image"]
        for pod in kube.objects("v1", "Pod", "kube-system")
        if pod["status"]["phase"] == "Running"
        for container in pod["spec"]["containers"]
    }
    assert images == set(artifacts.catalogue().images["kubernetes"].tags)
    proxy = kube.get("apps/v1", "DaemonSet", "kube-proxy", "kube-system") or {}
    (container,) = proxy["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["requests"] == {"cpu": "50m", "memory": "32Mi"}


def test_what_ran_runs_on_with_its_data(kube: Client, host: str, before: dict[str, Any]) -> None:
    now = workload.pod(kube)
    assert now["metadata"]["uid"] == before["pod"]["metadata"]["uid"]
    assert restarts(now) == restarts(before["pod"]) == 0
    secret = kube.get("v1", "Secret", workload.NAME, workload.NAMESPACE) or {}
    assert base64.b64decode(secret["data"]["word"]) == b"kept"
    written = int((paths.DATA / "nfs" / "data" / "upgrade-test-count").read_text() or 0)
    assert written >= before["said"]["count"]


def test_once_more_there_is_nothing_to_do(slipway: Slipway) -> None:
    for arguments in (("cluster", "upgrade"), ("cluster", "upgrade", "--dry-run")):
        done = slipway(*arguments)
        assert done.returncode == 0
        assert f"is Kubernetes {TARGET} already" in done.stdout


def test_it_stops_and_starts_as_the_new_version(slipway: Slipway, kube: Client, host: str) -> None:
    assert slipway("cluster", "stop").returncode == 0
    assert slipway("cluster", "start").returncode == 0
    assert (version(kube), kubelet(kube)) == (TARGET, TARGET)
    end = time.monotonic() + 120
    while True:
        try:
            assert workload.ask(host)["began"] > 0
            return
        except (OSError, ValueError):
            assert time.monotonic() < end
            time.sleep(0.5)
