"""The doctor's checks that look at objects, against a real API server whose objects are wrong."""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from api_server import Server
from certificate import self_signed
from click.testing import CliRunner
from eventually import eventually
from slipway.catalog import Component
from slipway.cli.main import cli
from slipway.doctor.cluster import certificates, classes, clock, cni, disks, kinds, resources, version
from slipway.doctor.cluster.context import Context
from slipway.doctor.examine import examine
from slipway.doctor.finding import Finding
from slipway.doctor.table import checks_of
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.render import Rendered

Make = Callable[[Obj], Obj]
Conditions = dict[str, tuple[str, str]]
MakeNode = Callable[..., Obj]


@pytest.fixture
def kube(module_server: Server) -> Client:
    return module_server.client


@pytest.fixture
def make(kube: Client) -> Iterator[Make]:
    """Creates an object for one test."""
    made: list[Ref] = []

    def create(obj: Obj) -> Obj:
        answer = kube.create(obj)
        made.append(ref_of(answer))
        return answer

    yield create
    for ref in reversed(made):
        kube.delete(ref)


@pytest.fixture
def node(kube: Client, make: Make, unique: str) -> MakeNode:
    """A Node as its kubelet would report it: condition → (status, message)."""

    def create(kubelet: str = "v1.37.0", **conditions: tuple[str, str]) -> Obj:
        told: Conditions = {"Ready": ("True", "kubelet is posting ready status"), **conditions}
        status = {
            "conditions": [
                {"type": kind, "status": state, "reason": "Test", "message": message}
                for kind, (state, message) in told.items()
            ],
            "allocatable": {"cpu": "1", "memory": "1Gi", "pods": "10"},
            "nodeInfo": {"kubeletVersion": kubelet},
        }
        made = make({"apiVersion": "v1", "kind": "Node", "metadata": {"name": unique}})
        # The API server taints a new node until somebody says that it is ready.
        kube.patch(ref_of(made), {"spec": {"taints": None}})
        return kube.patch(ref_of(made), {"status": status}, subresource="status")

    return create


def planned(*objects: Obj) -> dict[str, Rendered]:
    component = Component("thing", "1.0", "compact", "a thing", "thing", Path("thing"))
    return {"thing": Rendered(component, objects, {}, "digest")}


def claim(name: str, storage_class: str | None) -> Obj:
    spec: Obj = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    spec |= {} if storage_class is None else {"storageClassName": storage_class}
    meta = {"name": name, "namespace": "thing"}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


def storage_class(name: str, default: str = "true") -> Obj:
    meta = {"name": name, "annotations": {classes.DEFAULT: default}}
    provisioner = "kubernetes.io/no-provisioner"
    return {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": meta, "provisioner": provisioner}


def workload(cpu: str, memory: str = "1Mi", replicas: int = 1) -> Obj:
    container = {"name": "main", "image": "i", "resources": {"requests": {"cpu": cpu, "memory": memory}}}
    spec = {"replicas": replicas, "template": {"spec": {"containers": [container]}}}
    meta = {"name": "big", "namespace": "thing"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


# -- StorageClasses -------------------------------------------------------------------------------------------------


def test_no_default_class(kube: Client) -> None:
    """A claim that names none fails; without one it is a warning."""
    found = only(classes.run(Context(kube, planned(claim("data", None)))))
    assert (found.result, "claim data name none" in found.says) == ("fail", True)
    assert only(classes.run(Context(kube, planned(claim("data", ""))))).result == "warn"


def test_two_default_classes(kube: Client, make: Make, unique: str) -> None:
    for suffix in ("a", "b"):
        make(storage_class(unique + suffix))
    found = only(classes.run(Context(kube, planned())))
    assert found.result == "warn"
    assert f"2 default StorageClasses: {unique}a, {unique}b" in found.says


def test_a_class_that_is_named_and_not_there(kube: Client, make: Make, unique: str) -> None:
    make(storage_class(unique))
    assert only(classes.run(Context(kube, planned(claim("data", unique))))).result == "ok"
    found = only(classes.run(Context(kube, planned(claim("data", "fast")))))
    assert (found.result, found.says) == ("fail", "StorageClass fast, which claim data name, is not there")
    assert unique in found.remedy
    brought = planned(claim("data", "fast"), storage_class("fast", "false"))
    assert only(classes.run(Context(kube, brought))).result == "ok"


# -- nodes ------------------------------------------------------------------------------------------------------------


def test_more_is_requested_than_the_nodes_have(kube: Client, node: MakeNode) -> None:
    assert "no node is ready" in only(resources.run(Context(kube, planned(workload("1m"))))).says
    node()
    assert only(resources.run(Context(kube, planned(workload("100m"))))).result == "ok"
    found = only(resources.run(Context(kube, planned(workload("500m", replicas=3)))))
    assert (found.result, "1.50 CPUs are requested and 1.00 are free" in found.says) == ("fail", True)
    found = only(resources.run(Context(kube, planned(workload("1m", "3Gi")))))
    assert "3.00 GiB of memory are requested and 1.00 are free" in found.says
    assert "tight" in only(resources.run(Context(kube, planned(workload("950m"))))).says


def test_a_node_without_network(kube: Client, node: MakeNode) -> None:
    made = node(NetworkUnavailable=("True", "no route was made"))
    found = only(cni.run(Context(kube)))
    assert (found.result, found.says) == ("fail", f"node {made['metadata']['name']}: no network: no route was made")


def test_a_node_without_cni(kube: Client, node: MakeNode) -> None:
    message = "container runtime network not ready: NetworkReady=false: cni plugin not initialized"
    node(Ready=("False", message))
    found = only(cni.run(Context(kube)))
    assert "no CNI: container runtime network not ready" in found.says
    assert "/etc/cni/net.d" in found.remedy


def test_sandboxes_that_failed(kube: Client, node: MakeNode, make: Make, unique: str) -> None:
    node()
    assert only(cni.run(Context(kube))).result == "ok"
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    make(
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": unique, "namespace": "default"},
            "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
            "reason": "FailedCreatePodSandBox",
            "message": "plugin type=bridge failed: no IP addresses available in range",
            "source": {"host": unique},
            "type": "Warning",
            "lastTimestamp": now,
        }
    )
    found = only(cni.run(Context(kube)))
    assert (found.result, "no IP addresses available" in found.says, unique in found.says) == ("warn", True, True)


def test_pressure_on_a_node(kube: Client, node: MakeNode) -> None:
    node(DiskPressure=("True", "kubelet has disk pressure"))
    found = only(disks.run(Context(kube)))
    assert (found.result, "DiskPressure: kubelet has disk pressure" in found.says) == ("fail", True)
    assert "evicts" in found.remedy


@pytest.mark.parametrize(("kubelet", "result", "word"), [("v1.99.0", "fail", "newer"), ("v1.20.3", "warn", "old")])
def test_a_kubelet_of_another_version(kube: Client, node: MakeNode, kubelet: str, result: str, word: str) -> None:
    node(kubelet)
    found = only(version.run(Context(kube)))
    assert (found.result, word in found.says, kubelet in found.says) == (result, True, True)


def test_the_servers_version_is_enough(kube: Client, node: MakeNode) -> None:
    node()
    assert only(version.run(Context(kube))).result == "ok"


@pytest.mark.parametrize(
    ("seconds", "result", "word"), [(90, "fail", "ahead"), (-120, "fail", "behind"), (-1, "ok", "")]
)
def test_a_nodes_clock(kube: Client, make: Make, unique: str, seconds: int, result: str, word: str) -> None:
    renewed = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    meta = {"name": unique, "namespace": "kube-node-lease"}
    spec = {"renewTime": renewed.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "leaseDurationSeconds": 40}
    make({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec})
    found = only(clock.run(Context(kube)))
    assert (found.result, word in found.says) == (result, True)


# -- kinds, certificates ----------------------------------------------------------------------------------------------


def test_a_kind_that_nobody_serves(kube: Client) -> None:
    strange = {"apiVersion": "ghosts.example/v1", "kind": "Ghost", "metadata": {"name": "g"}}
    assert only(kinds.run(Context(kube, planned(claim("data", ""))))).result == "ok"
    found = only(kinds.run(Context(kube, planned(strange))))
    assert (found.result, "thing needs Ghost of ghosts.example/v1" in found.says) == ("fail", True)


def encoded(tmp_path: Path, days: int) -> str:
    """A certificate that ends in so many days, as an object holds it."""
    return base64.b64encode(self_signed(tmp_path, days, "webhook")[0].read_bytes()).decode()


ENDS = [(-5, "fail", "ended on"), (5, "warn", "ends on"), (300, "ok", "")]


@pytest.mark.parametrize(("days", "result", "says"), ENDS)
def test_a_certificate_in_a_secret(
    kube: Client, make: Make, unique: str, tmp_path: Path, days: int, result: str, says: str
) -> None:
    meta = {"name": unique, "namespace": "default"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"tls.crt": encoded(tmp_path, days)}}
    make(secret)
    found = only(certificates.run(Context(kube, planned(secret))))
    assert found.result == result
    if says:
        assert f"tls.crt in Secret default/{unique} {says}" in found.says
        assert "slipway install" in found.remedy


@pytest.mark.parametrize(("days", "result", "says"), ENDS)
def test_the_authority_of_a_webhook(
    kube: Client, make: Make, unique: str, tmp_path: Path, days: int, result: str, says: str
) -> None:
    hook = {
        "name": f"check.{unique}.example.com",
        "clientConfig": {"url": "https://127.0.0.1:1/", "caBundle": encoded(tmp_path, days)},
        "rules": [{"apiGroups": [unique], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["boats"]}],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    meta = {"name": unique, "labels": {"app.kubernetes.io/managed-by": "slipway"}}
    kind = "ValidatingWebhookConfiguration"
    make({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": meta, "webhooks": [hook]})
    found = only(certificates.run(Context(kube)))
    assert found.result == result
    assert not says or f"the caBundle of check.{unique}.example.com {says}" in found.says


@pytest.mark.parametrize(("days", "result", "says"), ENDS)
def test_the_client_certificate_of_a_kubeconfig(
    kube: Client, tmp_path: Path, days: int, result: str, says: str
) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(
        json.dumps({"users": [{"name": "me", "user": {"client-certificate-data": encoded(tmp_path, days)}}]})
    )
    found = only(certificates.run(Context(kube, kubeconfig=path)))
    assert found.result == result
    assert not says or f"the client certificate of me in {path} {says}" in found.says


@contextlib.contextmanager
def clock_of(kube: Client, seconds: float) -> Iterator[str]:
    """The URL of the API server behind a proxy whose clock is so far ahead."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(kube.request("GET", self.path, accept=self.headers["Accept"] or "*/*")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(int(time.time() + seconds))

        def log_message(self, *_: object) -> None:
            """Nothing."""

    found = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{found.server_port}"
    finally:
        found.shutdown()
        found.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("seconds", "result", "says"),
    [
        (0, "ok", "of the API server"),
        (20, "warn", "ahead of this machine's"),
        (-300, "fail", "behind this machine's"),
    ],
)
def test_the_servers_clock(kube: Client, tmp_path: Path, seconds: int, result: str, says: str) -> None:
    with clock_of(kube, seconds) as url:
        config = {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(config))
        found = only(clock.run(Context(Client.from_kubeconfig(path))))
    assert (found.result, says in found.says) == (result, True)
    assert result == "ok" or "NTP" in found.remedy


def test_a_broken_certificate(kube: Client, make: Make, unique: str) -> None:
    text = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----"
    data = {"ca.crt": base64.b64encode(text.encode()).decode()}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": unique, "namespace": "default"}, "data": data}
    make(secret)
    assert "cannot be read" in only(certificates.run(Context(kube, planned(secret)))).says


# -- all of them ------------------------------------------------------------------------------------------------------


def test_without_nodes_pods_are_skipped_and_the_rest_is_told(kube: Client) -> None:
    rows = {row.check: row for row in examine(Context(kube, planned()), checks_of("cluster"))}
    assert set(rows) == {check.name for check in checks_of("cluster")}
    assert {rows[name].result for name in ("dns", "traffic", "claims", "pulls", "nfs")} == {"skip"}
    assert "no node is ready" in rows["dns"].cause
    assert "no nodes" in rows["cni"].cause
    assert kube.objects("v1", "Namespace", labels="slipway.dev/probe=doctor") == []


def test_without_a_plan_the_reason_is_told(kube: Client) -> None:
    rows = {row.check: row for row in examine(Context(kube), checks_of("cluster"), unplanned="no kustomize")}
    assert rows["permissions"].result == "skip" and "no kustomize" in rows["permissions"].cause
    assert rows["version"].result == "ok"


def run_cli(kubeconfig: Path, *arguments: str) -> tuple[int, Any]:
    words = ["--kubeconfig", str(kubeconfig), "doctor", "--overlay", "kind", "--output", "json", *arguments]
    done = CliRunner().invoke(cli, words)
    return done.exit_code, json.loads(done.stdout)


def test_the_command(module_server: Server, tmp_path: Path) -> None:
    code, rows = run_cli(module_server.kubeconfig, "--only", "version", "--only", "clock")
    assert (code, [row["check"] for row in rows]) == (0, ["version", "clock"])
    assert set(rows[0]) == {"check", "scope", "checked", "result", "cause", "remedy"}
    code, rows = run_cli(module_server.kubeconfig, "--only", "cni")
    assert (code, rows[0]["result"], rows[0]["cause"]) == (1, "fail", "the cluster has no nodes")
    gone = tmp_path / "kubeconfig"
    url = module_server.client.server
    gone.write_text(module_server.kubeconfig.read_text().replace(url, "https://127.0.0.1:1"))
    code, rows = run_cli(gone)
    assert (code, rows[0]["check"], "Connection refused" in rows[0]["cause"]) == (1, "api-server", True)


def test_ctrl_c_takes_the_doctors_pods_away(
    module_server: Server, kube: Client, node: MakeNode, tmp_path: Path
) -> None:
    """Its pod waits for a scheduler that does not run here."""
    node()
    words = ["--kubeconfig", str(module_server.kubeconfig), "doctor", "--overlay", "kind", "--only", "dns"]
    process = subprocess.Popen(
        [sys.executable, "-m", "slipway.cli.main", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    label = "slipway.dev/probe=doctor"
    eventually(lambda: kube.objects("v1", "Pod", labels=label), "the doctor's pod")
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=120)
    assert process.returncode == 130, shown
    assert "Traceback" not in shown
    assert kube.objects("v1", "Namespace", labels=label) == []
