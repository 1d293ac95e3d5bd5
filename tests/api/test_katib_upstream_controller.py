"""Upstream's own katib-controller on our manifests: its rights, certificate, configuration, webhooks and our CRDs.

Needs its binary (of the image ghcr.io/kubeflow/katib/katib-controller:v0.19.0), which SLIPWAY_KATIB_CONTROLLER names,
and root, for the certificate's place is fixed in it: a mount namespace gives it one of its own.
"""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest
import yaml
from eventually import eventually
from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.selection import Choice
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.readiness.context import ProbeContext
from slipway.readiness.probes.katib import API, experiment, probe_webhook
from slipway.release.order import stages
from slipway.render import Facts, render
from slipway.render.images import unchanged

BINARY = os.environ.get("SLIPWAY_KATIB_CONTROLLER", "")
pytestmark = pytest.mark.skipif(not BINARY, reason="SLIPWAY_KATIB_CONTROLLER does not name upstream's controller")
NAMESPACE = "katib-upstream-test"
#: Made before upstream's webhooks are there, as one of the compact edition is.
INHERITED = "inherited"
SERVICE = Ref("v1", "Service", "kubeflow", "katib-controller")
#: The image mounts the Secret there; it is no setting.
CERTIFICATES = Path("/tmp/cert")
RBAC = "rbac.authorization.k8s.io/v1"
CONDITIONS = {
    "successCondition": 'status.conditions.#(type=="Complete")#|#(status=="True")#',
    "failureCondition": 'status.conditions.#(type=="Failed")#|#(status=="True")#',
}


class Server(Protocol):
    """The fixture of conftest.py."""

    @property
    def client(self) -> Client: ...
    @property
    def kubeconfig(self) -> Path: ...


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def adapted(obj: Obj, webhook: int, metrics: int, health: int) -> Obj:
    """The object with ports of this test, and a Service that leads to this machine."""
    if obj["kind"].endswith("WebhookConfiguration"):
        for hook in obj["webhooks"]:
            hook["clientConfig"]["service"]["port"] = webhook
    if ref_of(obj) == SERVICE:
        obj["spec"] = {"type": "ExternalName", "externalName": "localhost"}
    if obj["metadata"]["name"] == "katib-config":
        config = yaml.safe_load(obj["data"]["katib-config.yaml"])
        addresses = {"metricsAddr": f"127.0.0.1:{metrics}", "healthzAddr": f"127.0.0.1:{health}"}
        config["init"]["controller"] |= {"webhookPort": webhook, **addresses}
        obj["data"]["katib-config.yaml"] = yaml.safe_dump(config)
    return obj


def inherited() -> Obj:
    """An Experiment with fields that upstream leaves out when it writes: false and empty ones."""
    obj = experiment(INHERITED, NAMESPACE)
    obj["spec"]["trialTemplate"]["retain"] = False
    obj["spec"]["trialTemplate"]["trialParameters"][0]["description"] = ""
    return obj


def write_kubeconfig(server: Server, path: Path) -> None:
    """A kubeconfig with a token of the controller's own ServiceAccount."""
    place = "/api/v1/namespaces/kubeflow/serviceaccounts/katib-controller/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer = server.client.request("POST", place, body=body)
    config = yaml.safe_load(server.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": answer["status"]["token"]}
    path.write_text(yaml.safe_dump(config))


def write_certificate(client: Client, directory: Path) -> bool:
    """The kubelet's part: the Secret's keys become files."""
    secret = client.get("v1", "Secret", "katib-webhook-cert", "kubeflow") or {}
    for name, value in (secret.get("data") or {}).items():
        (directory / name).write_bytes(base64.b64decode(value))
    return bool(secret.get("data"))


@dataclass(frozen=True)
class Running:
    """The controller and what it wrote."""

    client: Client
    log: Path


@pytest.fixture(scope="module")
def running(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Upstream's controller, working for the test's API server."""
    directory, client = tmp_path_factory.mktemp("katib"), server.client
    ports = free_ports(3)
    catalog = load_catalog(
        paths.distribution(), "ci", ["katib"], follow=False, choices={"katib": Choice("", "upstream")}
    )
    objects = render(catalog, {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)["katib"].objects
    mine = [adapted(obj, *ports) for obj in objects if obj["kind"] not in ("Deployment", "Mapping")]
    labels = {"katib.kubeflow.org/metrics-collector-injection": "enabled"}
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})
    for objects_of_stage in stages(mine):
        if objects_of_stage[0]["kind"].endswith("WebhookConfiguration"):
            eventually(lambda: client.create(inherited()), "the CRDs are established")
        for obj in objects_of_stage:
            client.apply(obj)
        client.refresh_discovery()
    (config,) = [obj for obj in mine if obj["metadata"]["name"] == "katib-config"]
    (directory / "katib-config.yaml").write_text(config["data"]["katib-config.yaml"])
    write_kubeconfig(server, directory / "kubeconfig")
    certificates, made = directory / "cert", not CERTIFICATES.exists()
    certificates.mkdir()
    CERTIFICATES.mkdir(exist_ok=True)
    log = directory / "log"
    script = f'mount --bind "$1" {CERTIFICATES} && exec "$2" --katib-config="$3"'
    process = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", script, "sh", certificates, BINARY, directory / "katib-config.yaml"],
        env={
            "KUBECONFIG": str(directory / "kubeconfig"),
            "KATIB_CORE_NAMESPACE": "kubeflow",
            "PATH": os.environ["PATH"],
        },
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        eventually(lambda: write_certificate(client, certificates), "the certificate is made")
        eventually(lambda: b"Starting workers" in log.read_bytes(), "the controllers start")
        yield Running(client, log)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        if made:
            CERTIFICATES.rmdir()
        for obj in mine:
            if obj["kind"].endswith("WebhookConfiguration"):
                client.delete(ref_of(obj))
        # Nobody is left to take the finalizers away.
        for kind in ("Trial", "Suggestion", "Experiment"):
            for obj in client.objects(API, kind, NAMESPACE):
                client.patch(ref_of(obj), {"metadata": {"finalizers": None}})
                client.delete(ref_of(obj))


def stored(running: Running, kind: str, name: str) -> Obj:
    return running.client.get(API, kind, name, NAMESPACE) or {}


def test_the_probe_is_content(running: Running) -> None:
    """It waits for the CA in the webhooks, as an installation does."""
    context = ProbeContext(running.client, NAMESPACE, {}, "", "", Reporter())
    assert "defaults" in eventually(lambda: probe_webhook(context), "the webhooks answer")


def test_a_namespace_without_the_label_is_told(running: Running) -> None:
    with pytest.raises(ApiError, match="lacks label"):
        running.client.create(experiment("unlabelled", "default"), dry_run=True)


@pytest.mark.parametrize("algorithm", ["random", "grid", "tpe", "multivariate-tpe", "hyperband", "bayesianoptimization",
                                       "cmaes", "sobol", "pbt"])  # fmt: skip
def test_every_algorithm_is_configured(running: Running, algorithm: str, unique: str) -> None:
    """An Experiment becomes a Suggestion, and that a Deployment and a Service of the configured image."""
    obj = experiment(unique, NAMESPACE)
    obj["spec"]["algorithm"]["algorithmName"] = algorithm
    running.client.create(obj)
    found = eventually(
        lambda: running.client.get("apps/v1", "Deployment", f"{unique}-{algorithm}", NAMESPACE), "a Deployment is made"
    )
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("ghcr.io/kubeflow/katib/suggestion-")
    assert container["securityContext"]["runAsNonRoot"] is True
    assert eventually(
        lambda: running.client.get("v1", "Service", f"{unique}-{algorithm}", NAMESPACE), "a Service is made"
    )
    assert stored(running, "Suggestion", unique)["spec"]["requests"] == 2
    status = eventually(lambda: stored(running, "Experiment", unique).get("status"), "a status is written")
    assert status["conditions"][0]["type"] == "Created"


def test_early_stopping_brings_rights_of_its_own(running: Running, unique: str) -> None:
    """The Role that the controller makes has every verb on trials; the API server lets it give only what it has."""
    obj = experiment(unique, NAMESPACE)
    obj["spec"]["earlyStopping"] = {
        "algorithmName": "medianstop",
        "algorithmSettings": [{"name": "start_step", "value": "3"}],
    }
    running.client.create(obj)
    name = f"{unique}-random"
    for version, kind in (("v1", "ServiceAccount"), (RBAC, "Role"), (RBAC, "RoleBinding")):
        eventually(partial(running.client.get, version, kind, name, NAMESPACE), f"a {kind} is made")
    found = eventually(lambda: running.client.get("apps/v1", "Deployment", name, NAMESPACE), "a Deployment is made")
    images = [container["image"] for container in found["spec"]["template"]["spec"]["containers"]]
    assert images[1] == "ghcr.io/kubeflow/katib/earlystopping-medianstop:v0.19.0"
    assert stored(running, "Suggestion", unique)["spec"]["earlyStopping"] == obj["spec"]["earlyStopping"]


def test_a_volume_for_what_resumes(running: Running, unique: str) -> None:
    obj = experiment(unique, NAMESPACE)
    obj["spec"]["resumePolicy"] = "FromVolume"
    running.client.create(obj)
    name = f"{unique}-random"
    claim = eventually(lambda: running.client.get("v1", "PersistentVolumeClaim", name, NAMESPACE), "a claim is made")
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_an_experiment_of_the_other_edition_is_replaced(running: Running) -> None:
    """It was made without upstream's webhooks, which refuse to add their defaults later: made anew, it is taken up."""
    ref = Ref(API, "Experiment", NAMESPACE, INHERITED)
    assert stored(running, "Experiment", INHERITED)["spec"]["trialTemplate"]["retain"] is False
    running.client.delete(ref)
    eventually(lambda: not stored(running, "Experiment", INHERITED), "it is gone")
    running.client.create(inherited())
    found = eventually(lambda: stored(running, "Experiment", INHERITED)["metadata"].get("finalizers"), "it is taken up")
    assert found == ["update-prometheus-metrics"]
    eventually(lambda: stored(running, "Suggestion", INHERITED), "a Suggestion is made")


def trial_of(name: str, parent: str) -> Obj:
    """A Trial as upstream's experiment controller makes it."""
    spec = experiment(parent, NAMESPACE)["spec"]
    job = {**spec["trialTemplate"]["trialSpec"], "metadata": {"name": name, "namespace": NAMESPACE}}
    labels = {"katib.kubeflow.org/experiment": parent}
    return {
        "apiVersion": API,
        "kind": "Trial",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "objective": {**spec["objective"], "metricStrategies": [{"name": "loss", "value": "min"}]},
            "parameterAssignments": [{"name": "x", "value": "0.5"}],
            "runSpec": job,
            "metricsCollector": {"collector": {"kind": "StdOut"}},
            "primaryContainerName": "trial",
            **CONDITIONS,
        },
    }


def pod_of(owner: Obj | None) -> Obj:
    """A pod as a controller would make it for ``owner``."""
    pod = experiment("x", NAMESPACE)["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    owners = []
    if owner:
        names = {"name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
        owners = [{"apiVersion": owner["apiVersion"], "kind": owner["kind"], "controller": True, **names}]
    meta = {"generateName": "pod-", "namespace": NAMESPACE, "ownerReferences": owners}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod}


def test_a_trial_becomes_a_job_whose_pod_is_measured(running: Running, unique: str) -> None:
    client = running.client
    client.create(experiment(unique, NAMESPACE))
    eventually(lambda: stored(running, "Suggestion", unique), "a Suggestion is made")
    client.create(trial_of(f"{unique}-a", unique))
    job = eventually(lambda: client.get("batch/v1", "Job", f"{unique}-a", NAMESPACE), "a Job is made")
    pod = eventually(lambda: measured(client.create(pod_of(job), dry_run=True)), "a collector is added")
    assert pod["spec"]["shareProcessNamespace"] is True
    collector = pod["spec"]["containers"][1]
    assert collector["image"] == "ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0"
    assert collector["securityContext"]["allowPrivilegeEscalation"] is False
    assert "katib-db-manager.kubeflow:6789" in collector["args"]
    # Others are left alone.
    assert not measured(client.create(pod_of(None), dry_run=True))


def measured(pod: Obj) -> Obj | None:
    return pod if len(pod["spec"]["containers"]) > 1 else None


def test_only_counts_are_editable(running: Running, unique: str) -> None:
    running.client.create(experiment(unique, NAMESPACE))
    ref = Ref(API, "Experiment", NAMESPACE, unique)
    with pytest.raises(ApiError, match="are editable"):
        running.client.patch(ref, {"spec": {"objective": {"goal": 0.5}}})
    assert running.client.patch(ref, {"spec": {"maxTrialCount": 3}})["spec"]["maxTrialCount"] == 3


def test_an_experiment_goes_with_all_that_it_made(running: Running, unique: str) -> None:
    running.client.create(experiment(unique, NAMESPACE))
    name = f"{unique}-random"
    eventually(lambda: running.client.get("apps/v1", "Deployment", name, NAMESPACE), "a Deployment is made")
    running.client.delete(Ref(API, "Experiment", NAMESPACE, unique))
    eventually(lambda: not running.client.get("apps/v1", "Deployment", name, NAMESPACE), "it is gone")
    assert not stored(running, "Experiment", unique)


def test_nothing_that_it_needs_is_forbidden(running: Running) -> None:
    """After the tests above: its log."""
    lines = [line for line in running.log.read_text().splitlines() if "is forbidden: User" in line]
    assert lines == []
