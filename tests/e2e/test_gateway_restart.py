"""The gateway loses no request when its controller dies, its Pod is replaced or what stands behind it is updated."""

from __future__ import annotations

import http.client
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from slipway.kube import Client, Obj, Ref, ref_of

API = "getambassador.io/v3alpha1"
#: What the API server answers a stranger, whichever way it is set up; the gateway's own errors are others.
SERVED = {200, 401, 403}
#: Kills the supervised controller, the way the kernel does it when memory runs out.
KILL = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if path.read_bytes().split(b"\\0")[1:4] == [b"-m", b"slipway_gateway", b"controller"]:
        os.kill(int(path.parent.name), signal.SIGKILL)
        print("killed")
"""


class Load:
    """Requests one after the other, on new connections, as long as the block lasts; answers are counted."""

    def __init__(self, gateway: str, path: str) -> None:
        self._where, self._path = urlsplit(gateway).netloc, path
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.answers: Counter[Any] = Counter()

    def _run(self) -> None:
        while not self._over.is_set():
            connection = http.client.HTTPConnection(self._where, timeout=10)
            try:
                connection.request("GET", self._path)
                self.answers[connection.getresponse().status] += 1
            except OSError as error:
                self.answers[repr(error)] += 1
            finally:
                connection.close()
            time.sleep(0.02)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(15)


def pods(kube: Client) -> list[Obj]:
    """The gateway's Pods that do not end."""
    found = kube.objects("v1", "Pod", "ambassador", labels="app=gateway")
    return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]


def ready(pod: Obj) -> bool:
    conditions = {item["type"]: item["status"] for item in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True"


@pytest.fixture
def route(kube: Client, gateway: str, create: Callable[[Obj], Obj], eventually: Any, project: str) -> Callable[[], str]:
    """``route()`` makes a Mapping to an Envoy-independent upstream and returns its path once it is served."""

    def make() -> str:
        name = f"e2e-{secrets.token_hex(4)}"
        spec = {"prefix": f"/{name}/", "rewrite": "/", "service": "https://kubernetes.default:443"}
        meta = {"name": name, "namespace": project}
        create({"apiVersion": API, "kind": "Mapping", "metadata": meta, "spec": spec})
        path = f"/{name}/healthz"
        eventually(lambda: _status(gateway, path) in SERVED, what=f"{path} is served")
        return path

    return make


def _status(gateway: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(gateway).netloc, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_killed_controller_costs_no_request_and_comes_back(
    kube: Client, gateway: str, route: Callable[[], str]
) -> None:
    path = route()
    (pod,) = pods(kube)
    with Load(gateway, path) as load:
        killed = kube.exec("ambassador", pod["metadata"]["name"], ["python3", "-c", KILL], "controller")
        assert killed.stdout.split() == ["killed"]
        time.sleep(1)
        second = route()
        time.sleep(1)
    assert set(load.answers) <= SERVED, load.answers
    assert _status(gateway, second) in SERVED
    (after,) = pods(kube)
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    assert [item["restartCount"] for item in after["status"]["containerStatuses"]] == [
        item["restartCount"] for item in pod["status"]["containerStatuses"]
    ]


def test_a_deleted_pod_goes_on_until_its_successor_is_ready(
    kube: Client, gateway: str, route: Callable[[], str], eventually: Any
) -> None:
    path = route()
    (pod,) = pods(kube)
    with Load(gateway, path) as load:
        kube.delete(ref_of({"apiVersion": "v1", "kind": "Pod", "metadata": pod["metadata"]}))
        eventually(lambda: [ready(item) for item in pods(kube)] == [True], timeout=60, what="a new Pod is ready")
        eventually(
            lambda: kube.get("v1", "Pod", pod["metadata"]["name"], "ambassador") is None,
            timeout=90,
            what="the old one is gone",
        )
    assert set(load.answers) <= SERVED, load.answers


def test_a_rollout_costs_no_request(kube: Client, gateway: str, route: Callable[[], str], eventually: Any) -> None:
    path = route()
    (before,) = pods(kube)
    # As `kubectl rollout restart` does it.
    restarted = {"kubectl.kubernetes.io/restartedAt": secrets.token_hex(4)}
    with Load(gateway, path) as load:
        kube.patch(
            Ref("apps/v1", "Deployment", "ambassador", "gateway"),
            {"spec": {"template": {"metadata": {"annotations": restarted}}}},
        )
        eventually(
            lambda: (
                [pod["metadata"]["uid"] != before["metadata"]["uid"] and ready(pod) for pod in pods(kube)] == [True]
                and kube.get("v1", "Pod", before["metadata"]["name"], "ambassador") is None
            ),
            timeout=120,
            what="the new Pod alone is there",
        )
    assert set(load.answers) <= SERVED, load.answers
