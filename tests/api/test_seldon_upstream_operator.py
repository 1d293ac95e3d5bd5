"""Seldon Core's own operator 1.17.1 on our manifests: its rights, certificate, webhook, configuration and our CRD.

Needs its program and its directory operator-resources (of the image docker.io/seldonio/seldon-core-operator:1.17.1) in
$SLIPWAY_UPSTREAM, and root. Nothing runs the Deployments that it makes: the test says that they are available.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import yaml
from api_objects import namespace
from api_server import Server
from eventually import eventually
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from upstream_programs import (
    alive,
    apply,
    confined,
    environment,
    forbidden,
    free_ports,
    program,
    started,
    upstream,
)
from upstream_programs import write_kubeconfig as write

MANAGER = program("seldon-manager")
pytestmark = pytest.mark.skipif(
    MANAGER is None, reason="SLIPWAY_UPSTREAM names no directory with Seldon's operator (make upstream)"
)
PLACE = "seldon-upstream-test"
API = "machinelearning.seldon.io/v1"
MAPPING = "getambassador.io/v2"
SYSTEM = "seldon-system"
SERVICE = Ref("v1", "Service", SYSTEM, "seldon-webhook-service")
WRITTEN = Path(__file__).parent / "editions" / "valid-seldon.yaml"


@dataclass(frozen=True)
class Running:
    """The operator and what it wrote."""

    client: Client
    log: Path
    process: subprocess.Popen[bytes]

    def get(self, version: str, kind: str, name: str) -> Obj | None:
        alive(self.process, self.log)
        return self.client.get(version, kind, name, PLACE)


def resources(directory: Path, port: int) -> None:
    """The files of the image from which the operator makes what is not there, and its webhook in any case."""
    assert MANAGER is not None
    directory.mkdir()
    for source in (MANAGER.parent / "operator-resources").iterdir():
        obj = yaml.safe_load(source.read_text())
        if source.name == "validate.yaml":
            for hook in obj["webhooks"]:
                hook["clientConfig"]["service"]["port"] = port
        (directory / source.name).write_text(yaml.safe_dump(obj))


@pytest.fixture(scope="module")
def running(module_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Upstream's operator, working for an API server of its own; Mappings are there, and nobody who serves them."""
    directory, client = tmp_path_factory.mktemp("seldon"), module_server.client
    port, metrics = free_ports(2)
    objects = upstream("seldon")
    mine = [obj for obj in upstream("gateway") if obj["kind"] == "CustomResourceDefinition"] + list(objects)
    for obj in mine:
        if ref_of(obj) == SERVICE:
            obj["spec"] = {"type": "ExternalName", "externalName": "localhost"}
    apply(client, mine)
    client.create(namespace(PLACE))
    resources(directory / "operator-resources", port)
    write(module_server, SYSTEM, "seldon-manager", directory / "kubeconfig")
    # Where its lease lies is no setting.
    (directory / "serviceaccount").mkdir()
    (directory / "serviceaccount" / "namespace").write_text(SYSTEM)
    (deployment,) = [obj for obj in objects if obj["kind"] == "Deployment"]
    changed = {"--webhook-port": str(port), "--metrics-addr": f"127.0.0.1:{metrics}"}
    given = dict(
        arg.split("=", 1) for arg in deployment["spec"]["template"]["spec"]["containers"][0]["args"] if "=" in arg
    )
    flags = [arg for arg in deployment["spec"]["template"]["spec"]["containers"][0]["args"] if "=" not in arg]
    arguments = [*flags, *(f"{name}={value}" for name, value in (given | changed).items())]
    env = environment(objects, "seldon-controller-manager", {"POD_NAMESPACE": SYSTEM, "KUBECONFIG": "/tmp/kubeconfig"})
    log = directory / "log"
    assert MANAGER is not None
    with started(confined(directory, MANAGER, *arguments), env, log) as process:
        found = Running(client, log, process)
        eventually(lambda: answers(found), "the webhook answers")
        yield found


def model(name: str, unit: str = "classifier") -> Obj:
    """A graph of one unit, whose container is called classifier."""
    predictor = {
        "name": "default",
        "replicas": 1,
        "graph": {"name": unit, "type": "MODEL"},
        "componentSpecs": [{"spec": {"containers": [{"name": "classifier", "image": "example.org/classifier:1"}]}}],
    }
    meta = {"name": name, "namespace": PLACE}
    return {"apiVersion": API, "kind": "SeldonDeployment", "metadata": meta, "spec": {"predictors": [predictor]}}


def answers(running: Running) -> bool:
    """Whether the API server can ask the webhook; the certificate is its own by then."""
    alive(running.process, running.log)
    return bool(running.client.create(model("asked"), dry_run=True))


def available(running: Running, name: str) -> Obj:
    """The part of the cluster: the Deployment's pods are there."""
    found = running.get("apps/v1", "Deployment", name) or {}
    replicas = found["spec"]["replicas"]
    condition = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "-"}
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), replicas)
    status = {"observedGeneration": found["metadata"]["generation"], "conditions": [condition], **counts}
    path = running.client.resource("apps/v1", "Deployment").path(PLACE, name)
    return dict(running.client.request("PUT", f"{path}/status", body=found | {"status": status}))


def absent(running: Running, version: str, kind: str, name: str) -> bool:
    return running.get(version, kind, name) is None


def deployments(running: Running, owner: str) -> list[Obj]:
    """Those that belong to a SeldonDeployment."""
    alive(running.process, running.log)
    found = running.client.objects("apps/v1", "Deployment", PLACE)
    return [obj for obj in found if obj["metadata"]["labels"].get("seldon-deployment-id") == owner]


def serve(running: Running, obj: Obj, count: int) -> Obj:
    """Make it, say that its Deployments are available, and wait until it is."""
    name = obj["metadata"]["name"]
    running.client.create(obj)
    eventually(lambda: len(deployments(running, name)) == count, f"{count} Deployments are made")
    for deployment in deployments(running, name):
        eventually(partial(available, running, deployment["metadata"]["name"]), "its status is written")
    found: Obj = eventually(lambda: state(running, name, "Available"), f"{name} is available")
    return found


def state(running: Running, name: str, wanted: str) -> Obj | None:
    found = running.get(API, "SeldonDeployment", name) or {}
    return found if found.get("status", {}).get("state") == wanted else None


def test_a_model_becomes_what_serves_it(running: Running, unique: str) -> None:
    """A Deployment with the executor, Services, and when it is available Mappings that Emissary serves."""
    found = serve(running, model(unique), 1)
    (deployment,) = deployments(running, unique)
    images = {c["name"]: c["image"] for c in deployment["spec"]["template"]["spec"]["containers"]}
    assert images == {
        "classifier": "example.org/classifier:1",
        "seldon-container-engine": "docker.io/seldonio/seldon-core-executor:1.17.1",
    }
    for name in (f"{unique}-default", f"{unique}-default-classifier"):
        assert running.get("v1", "Service", name), name
    mapping = eventually(lambda: running.get(MAPPING, "Mapping", f"seldon-{PLACE}-{unique}-default-rest"), "a Mapping")
    assert mapping["spec"]["prefix"] == f"/seldon/{PLACE}/{unique}/"
    assert mapping["spec"]["service"] == f"{unique}-default.{PLACE}:8000"
    assert found["status"]["address"]["url"].endswith("/api/v1.0/predictions")


def test_the_executor_is_given_its_graph_and_our_settings(running: Running, unique: str) -> None:
    serve(running, model(unique), 1)
    (deployment,) = deployments(running, unique)
    containers = {c["name"]: c for c in deployment["spec"]["template"]["spec"]["containers"]}
    engine = containers["seldon-container-engine"]
    env = {entry["name"]: entry.get("value") for entry in engine["env"]}
    graph = json.loads(base64.b64decode(env["ENGINE_PREDICTOR"]))["graph"]
    assert (graph["name"], graph["endpoint"]["httpPort"]) == ("classifier", 9000)
    assert engine["resources"]["requests"] == {"cpu": "500m", "memory": "512Mi"}
    assert engine["securityContext"]["runAsUser"] == 8888


def test_a_server_by_name_is_of_our_configuration(running: Running, unique: str) -> None:
    """seldon-config says which image serves, and which one fetches the model."""
    obj = model(unique)
    predictor = {"name": "p", "graph": {"name": "m", "implementation": "SKLEARN_SERVER", "modelUri": "s3://models/m"}}
    obj["spec"]["predictors"] = [predictor]
    serve(running, obj, 1)
    pod = deployments(running, unique)[0]["spec"]["template"]["spec"]
    assert [c["image"] for c in pod["initContainers"]] == ["docker.io/seldonio/rclone-storage-initializer:1.17.1"]
    assert "docker.io/seldonio/sklearnserver:1.17.1" in [c["image"] for c in pod["containers"]]


def test_requests_are_shared_between_predictors(running: Running, unique: str) -> None:
    obj = model(unique)
    (first,) = obj["spec"]["predictors"]
    obj["spec"]["predictors"] = [{**first, "traffic": 80}, {**first, "name": "canary", "traffic": 20}]
    serve(running, obj, 2)
    name = f"seldon-{PLACE}-{unique}-canary-rest"
    mapping = eventually(lambda: running.get(MAPPING, "Mapping", name), "its Mapping is made")
    assert mapping["spec"]["weight"] == 20


def test_autoscalers_and_budgets_are_made_and_taken_away(running: Running, unique: str) -> None:
    """With the rights of our ClusterRole: each of the four verbs on them."""
    obj = model(unique)
    part = obj["spec"]["predictors"][0]["componentSpecs"][0]
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
    part["hpaSpec"] = {"minReplicas": 1, "maxReplicas": 3, "metricsv2": [cpu]}
    part["pdbSpec"] = {"maxUnavailable": 1}
    serve(running, obj, 1)
    name = deployments(running, unique)[0]["metadata"]["name"]
    kinds = (("autoscaling/v2", "HorizontalPodAutoscaler"), ("policy/v1", "PodDisruptionBudget"))
    for version, kind in kinds:
        eventually(partial(running.get, version, kind, name), f"a {kind} is made")
    parts = [{"spec": part["spec"]}]
    predictors = [{**obj["spec"]["predictors"][0], "componentSpecs": parts}]
    running.client.patch(Ref(API, "SeldonDeployment", PLACE, unique), {"spec": {"predictors": predictors}})
    for version, kind in kinds:
        eventually(partial(absent, running, version, kind, name), f"the {kind} is gone")


def test_the_webhook_refuses_what_cannot_run(running: Running, unique: str) -> None:
    """A unit without a container; the compact edition says the same in the object's status."""
    with pytest.raises(ApiError, match="find container for Predictive Unit"):
        running.client.create(model(unique, unit="elsewhere"))
    obj = model(unique)
    obj["spec"]["predictors"] *= 2
    with pytest.raises(ApiError, match="Duplicate predictor name"):
        running.client.create(obj)


@pytest.mark.parametrize("name", ["digits", "older", "old"])
def test_what_users_write_on_both_editions_is_taken_up(running: Running, name: str) -> None:
    """In every version of the API; test_editions.py has the compact edition's part."""
    (obj,) = [o for o in yaml.safe_load_all(WRITTEN.read_text()) if o["metadata"]["name"] == name]
    obj["metadata"]["namespace"] = PLACE
    running.client.create(obj)
    assert eventually(lambda: deployments(running, name), "a Deployment is made")


def test_what_it_made_goes_with_the_model(running: Running, unique: str) -> None:
    serve(running, model(unique), 1)
    mapping = f"seldon-{PLACE}-{unique}-default-rest"
    eventually(lambda: running.get(MAPPING, "Mapping", mapping), "its Mapping is made")
    running.client.delete(Ref(API, "SeldonDeployment", PLACE, unique))
    eventually(lambda: not deployments(running, unique), "its Deployment is gone")
    eventually(lambda: not running.get(MAPPING, "Mapping", mapping), "its Mapping is gone")


def test_nothing_that_it_needs_is_forbidden(running: Running) -> None:
    """After the tests above: its log."""
    alive(running.process, running.log)
    assert forbidden(running.log) == []
