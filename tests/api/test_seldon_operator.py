"""The compact edition's operator against a real API server: graphs, autoscalers and Pods that any namespace may have.

It runs with the rights that its manifests give it. Nothing runs the Deployments: the test says that they are available.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from api_objects import namespace
from api_server import Server
from eventually import eventually
from slipway import paths
from slipway.catalog import load_catalog
from slipway.kube import ApiError, Client, Obj, Ref, ref_of
from slipway.render import Facts, render
from slipway.render.images import unchanged
from upstream_programs import alive, apply, environment, forbidden, free_ports, started, write_kubeconfig

PLACE = "seldon-compact-test"
API, MAPPING = "machinelearning.seldon.io/v1", "getambassador.io/v2"
HPA, PDB = ("autoscaling/v2", "HorizontalPodAutoscaler"), ("policy/v1", "PodDisruptionBudget")
MANAGER = "seldon-controller-manager"
SERVERS = {"SKLEARN_SERVER": {"protocols": {"seldon": {"image": "example.org/sklearn:1"}}}}
SETTINGS = {
    "EXECUTOR_IMAGE": "example.org/executor:1",
    "PREDICTOR_SERVERS": json.dumps(SERVERS),
    "STORAGE_INITIALIZER": json.dumps({"image": "example.org/initializer:1"}),
    # No gateway is here to say that it serves.
    "GATEWAY_REPORTS": "false",
}


@dataclass(frozen=True)
class Running:
    """The operator and what it writes."""

    client: Client
    log: Path
    process: Any

    def get(self, version: str, kind: str, name: str) -> Obj | None:
        alive(self.process, self.log)
        return self.client.get(version, kind, name, PLACE)

    def absent(self, version: str, kind: str, name: str) -> bool:
        return self.get(version, kind, name) is None

    def create(self, name: str, predictor: Obj, **spec: Any) -> None:
        meta = {"name": name, "namespace": PLACE}
        spec = {"predictors": [{"name": "main", **predictor}], **spec}
        self.client.create({"apiVersion": API, "kind": "SeldonDeployment", "metadata": meta, "spec": spec})

    def deployments(self, owner: str) -> dict[str, Obj]:
        alive(self.process, self.log)
        found = self.client.objects("apps/v1", "Deployment", PLACE, labels=f"seldon-deployment-id={owner}")
        return {obj["metadata"]["name"]: obj for obj in found}

    def status(self, name: str) -> Obj:
        return dict((self.get(API, "SeldonDeployment", name) or {}).get("status") or {})

    def run(self, owner: str) -> None:
        """The cluster's part: every Pod is there."""
        for obj in self.deployments(owner).values():
            count = obj["spec"]["replicas"]
            counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas", "updatedReplicas"), count)
            condition = {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "message": "-"}
            status = {"observedGeneration": obj["metadata"]["generation"], "conditions": [condition], **counts}
            self.client.patch(ref_of(obj), {"status": status}, subresource="status")


@pytest.fixture(scope="module")
def running(module_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The operator at work; Mappings are there, and nobody who serves them."""
    directory, client = tmp_path_factory.mktemp("seldon"), module_server.client
    catalog = load_catalog(paths.distribution(), "embedded", ["gateway", "seldon"], follow=False)
    objects = {name: item.objects for name, item in render(catalog, {}, Facts("workbench", str), unchanged).items()}
    definitions = [obj for obj in objects["gateway"] if obj["kind"] == "CustomResourceDefinition"]
    place = namespace(PLACE)
    place["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}
    apply(client, [place, *definitions])
    apply(client, list(objects["seldon"]))
    kubeconfig, (port,) = directory / "kubeconfig", free_ports(1)
    write_kubeconfig(module_server, "seldon-system", "seldon-manager", kubeconfig)
    env = environment(objects["seldon"], MANAGER, SETTINGS) | {
        "KUBECONFIG": str(kubeconfig),
        "HEALTH": f"http://127.0.0.1:{port}/healthz",
        "PYTHONPATH": ":".join(str(paths.distribution() / "images" / n) for n in ("controller-common", "seldon")),
    }
    log = directory / "log"
    with started([sys.executable, "-m", "slipway_seldon"], env, log) as process:
        yield Running(client, log, process)


def pod(*names: str, **more: Any) -> Obj:
    """A componentSpec with containers of these names."""
    return {"spec": {"containers": [{"name": n, "image": f"example.org/{n}:1"} for n in names]}, **more}


MODEL = {"graph": {"name": "m", "type": "MODEL"}, "componentSpecs": [pod("m")]}
GRAPH = {
    "graph": {
        "name": "joined",
        "type": "COMBINER",
        "children": [{"name": "a"}, {"name": "s", "implementation": "SKLEARN_SERVER", "modelUri": "s3://models/s"}],
    },
    "componentSpecs": [pod("joined"), pod("a")],
}


def test_a_graph_becomes_what_serves_it(running: Running, unique: str) -> None:
    """The API server takes every object, and the model is there when the Deployments are."""
    running.create(unique, GRAPH)
    names = [f"{unique}-main-0-joined-s", f"{unique}-main-1-a"]
    eventually(lambda: sorted(running.deployments(unique)) == names, "both Deployments")
    assert running.status(unique).get("state") in (None, "Creating")
    running.run(unique)
    eventually(lambda: running.status(unique).get("state") == "Available", "the model is there")
    for name in (f"{unique}-main", f"{unique}-main-joined", f"{unique}-main-a", f"{unique}-main-s"):
        assert running.get("v1", "Service", name), name
    routes = [running.get(MAPPING, "Mapping", f"seldon-{PLACE}-{unique}-main-{kind}") for kind in ("rest", "grpc")]
    assert [r["spec"]["service"].rpartition(":")[2] for r in routes if r] == ["8000", "5001"]
    assert set(running.status(unique)["deploymentStatus"]) == set(names)


PARTS: dict[str, tuple[Obj, Obj]] = {
    "a model": (MODEL, {}),
    "a graph with a server by name": (GRAPH, {}),
    "an orchestrator of its own": (MODEL, {"annotations": {"seldon.io/engine-separate-pod": "true"}}),
    "a model in v2": (MODEL, {"protocol": "v2"}),
}


@pytest.mark.parametrize("what", PARTS)
def test_its_pods_may_be_in_a_restricted_namespace(running: Running, unique: str, what: str) -> None:
    predictor, spec = PARTS[what]
    running.create(unique, predictor, **spec)
    eventually(lambda: running.deployments(unique), "a Deployment")
    for name, obj in running.deployments(unique).items():
        template = obj["spec"]["template"]
        meta = {**template["metadata"], "name": name, "namespace": PLACE}
        asked = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]}
        assert running.client.create(asked, dry_run=True), name


def test_the_policy_of_the_namespace_is_in_force(running: Running) -> None:
    """Otherwise the test above proves nothing."""
    meta = {"name": "root", "namespace": PLACE}
    spec = {"containers": [{"name": "m", "image": "example.org/m:1"}]}
    with pytest.raises(ApiError, match="PodSecurity"):
        running.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}, dry_run=True)


def test_autoscalers_and_budgets_come_back_and_go(running: Running, unique: str) -> None:
    cpu = {"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 50}}
    scaled = pod("m", hpaSpec={"minReplicas": 2, "maxReplicas": 3, "metrics": [cpu]}, pdbSpec={"maxUnavailable": 1})
    running.create(unique, {**MODEL, "componentSpecs": [scaled]})
    name = f"{unique}-main-0-m"
    for version, kind in (HPA, PDB):
        first = eventually(partial(running.get, version, kind, name), f"a {kind} is made")
        running.client.delete(Ref(version, kind, PLACE, name))

        def anew(version: str = version, kind: str = kind, uid: str = first["metadata"]["uid"]) -> bool:
            found = running.get(version, kind, name)
            return bool(found and found["metadata"]["uid"] != uid)

        eventually(anew, f"the {kind} comes back")
    change = {"spec": {"predictors": [{"name": "main", **MODEL}]}}
    running.client.patch(Ref(API, "SeldonDeployment", PLACE, unique), change)
    for version, kind in (HPA, PDB):
        eventually(partial(running.absent, version, kind, name), f"the {kind} is gone")


def test_what_the_autoscaler_chose_stays(running: Running, unique: str) -> None:
    """From a number of the operator's to one of the autoscaler's, and over an update."""
    running.create(unique, MODEL, replicas=3)
    name, ref = f"{unique}-main-0-m", Ref("apps/v1", "Deployment", PLACE, f"{unique}-main-0-m")
    model = Ref(API, "SeldonDeployment", PLACE, unique)
    eventually(partial(running.get, "apps/v1", "Deployment", name), "a Deployment")
    part = pod("m", hpaSpec={"maxReplicas": 9})
    running.client.patch(model, {"spec": {"predictors": [{"name": "main", **MODEL, "componentSpecs": [part]}]}})
    eventually(partial(running.get, *HPA, name), "an autoscaler")
    running.client.patch(ref, {"spec": {"replicas": 5}})
    part["spec"]["containers"][0]["image"] = "example.org/m:2"
    running.client.patch(model, {"spec": {"predictors": [{"name": "main", **MODEL, "componentSpecs": [part]}]}})

    def updated() -> Obj | None:
        found = running.get("apps/v1", "Deployment", name) or {}
        images = [c["image"] for c in found["spec"]["template"]["spec"]["containers"]]
        return found if images == ["example.org/m:2"] else None

    assert eventually(updated, "the new version")["spec"]["replicas"] == 5


def test_it_scales_as_a_whole(running: Running, unique: str) -> None:
    """kubectl scale, and the selector by which an autoscaler finds the Pods."""
    running.create(unique, MODEL)
    name = f"{unique}-main-0-m"
    eventually(partial(running.get, "apps/v1", "Deployment", name), "a Deployment")
    path = f"/apis/{API}/namespaces/{PLACE}/seldondeployments/{unique}/scale"
    running.client.request("PATCH", path, body={"spec": {"replicas": 4}}, content_type="application/merge-patch+json")
    eventually(lambda: (running.get("apps/v1", "Deployment", name) or {})["spec"]["replicas"] == 4, "4 replicas")
    running.run(unique)
    eventually(lambda: running.status(unique).get("replicas") == 4, "4 replicas in the status")
    status = running.client.request("GET", path)["status"]
    assert status == {"replicas": 4, "selector": f"seldon-deployment-id={unique},seldon-app={unique}-main"}


def test_keda_is_refused_where_there_is_none(running: Running, unique: str) -> None:
    keda = {"maxReplicaCount": 3, "triggers": [{"type": "cron", "metadata": {}}]}
    running.create(unique, {**MODEL, "componentSpecs": [pod("m", kedaSpec=keda)]})
    eventually(lambda: "the cluster has no KEDA" in running.status(unique).get("description", ""), "a refusal")
    assert not running.deployments(unique)


def test_a_server_that_is_not_configured_is_refused_by_name(running: Running, unique: str) -> None:
    running.create(unique, {"graph": {"name": "m", "implementation": "XGBOOST_SERVER", "modelUri": "s3://models/m"}})
    said = "no image of XGBOOST_SERVER for the protocol seldon is configured"
    eventually(lambda: said in running.status(unique).get("description", ""), "a refusal")
    assert running.status(unique)["state"] == "Failed"


def test_what_the_api_server_refuses_is_told_to_its_end(running: Running, unique: str) -> None:
    """A server by name in the first Pod, and a second container that is none."""
    part = pod("m")
    part["spec"]["containers"].append({"name": "Not a name", "image": "example.org/m:1"})
    running.create(unique, {**MODEL, "componentSpecs": [part]})
    eventually(lambda: "Not a name" in running.status(unique).get("description", ""), "a refusal")


def test_nothing_that_it_needs_is_forbidden(running: Running) -> None:
    """After the tests above: its log."""
    alive(running.process, running.log)
    assert forbidden(running.log) == []
