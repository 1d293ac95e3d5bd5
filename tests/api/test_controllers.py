"""The compact controllers as processes against a real API server, with the rights that their manifests give them.

Nothing runs the pods of what they make; the gateway's work, which takes Envoy, is seen in tests/unit/gateway.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from api_objects import namespace
from api_server import Server
from eventually import eventually
from slipway import paths
from slipway.catalog import load_catalog
from slipway.catalog.selection import Choice
from slipway.kube import Client, Obj
from slipway.render import Facts, render
from slipway.render.images import unchanged
from upstream_programs import alive, apply, environment, forbidden, free_ports, started, write_kubeconfig

PLACE = "controllers-test"
IMAGES = paths.distribution() / "images"
SELDON, KATIB = "machinelearning.seldon.io/v1", "kubeflow.org/v1beta1"


@functools.cache
def compact(name: str) -> tuple[Obj, ...]:
    """The objects of a component's compact edition."""
    catalog = load_catalog(
        paths.distribution(), "embedded", [name], follow=False, choices={name: Choice(edition="compact")}
    )
    return render(catalog, {}, Facts("workbench", lambda: "192.0.2.10"), unchanged)[name].objects


@dataclass(frozen=True)
class Running:
    """Both controllers and their API server."""

    server: Server
    logs: tuple[Path, ...]

    @property
    def client(self) -> Client:
        return self.server.client

    def model(self, name: str) -> Obj:
        """A SeldonDeployment that the operator is to take."""
        container = {"name": "classifier", "image": "example.org/classifier:1"}
        predictor = {
            "name": "main",
            "graph": {"name": "classifier", "type": "MODEL"},
            "componentSpecs": [{"spec": {"containers": [container]}}],
        }
        meta = {"name": name, "namespace": PLACE}
        return {"apiVersion": SELDON, "kind": "SeldonDeployment", "metadata": meta, "spec": {"predictors": [predictor]}}

    def experiment(self, name: str) -> Obj:
        """An Experiment of two trials at once."""
        main = {"name": "main", "image": "example.org/train:1", "args": ["${trialParameters.rate}"]}
        pod = {"containers": [main], "restartPolicy": "Never"}
        job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"spec": pod}}}
        spec = {
            "objective": {"type": "minimize", "objectiveMetricName": "loss"},
            "algorithm": {"algorithmName": "random"},
            "parameters": [{"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.1", "max": "0.2"}}],
            "parallelTrialCount": 2,
            "maxTrialCount": 4,
            "trialTemplate": {
                "primaryContainerName": "main",
                "trialParameters": [{"name": "rate", "reference": "lr"}],
                "trialSpec": job,
            },
        }
        meta = {"name": name, "namespace": PLACE}
        return {"apiVersion": KATIB, "kind": "Experiment", "metadata": meta, "spec": spec}

    def taken(self, name: str) -> None:
        """Write one object for each controller, and see what it makes of it."""
        eventually(lambda: self.client.request("GET", "/readyz", accept="*/*") == "ok", "an API server")
        # Until it is ready, it may refuse what it will allow.
        before = [forbidden(log) for log in self.logs]
        for obj in (self.model(name), self.experiment(name)):
            self.client.apply(obj)
        eventually(lambda: self.client.get("apps/v1", "Deployment", f"{name}-main-0-classifier", PLACE), "a Deployment")
        eventually(lambda: self.status(SELDON, "SeldonDeployment", name).get("state") == "Creating", "a status")
        eventually(lambda: self.status(KATIB, "Experiment", name).get("trialsRunning") == 2, "two running trials")
        assert [forbidden(log) for log in self.logs] == before

    def status(self, version: str, kind: str, name: str) -> Obj:
        found = self.client.get(version, kind, name, PLACE) or {}
        return dict(found.get("status") or {})


@pytest.fixture(scope="module")
def running(module_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Both controllers, begun while nobody answers at their API server's address."""
    directory, client = tmp_path_factory.mktemp("controllers"), module_server.client
    definitions = [obj for obj in compact("gateway") if obj["kind"] == "CustomResourceDefinition"]
    apply(client, [namespace(PLACE), *definitions, *compact("seldon"), *compact("katib")])
    accounts = {"seldon": "seldon-controller-manager", "katib": "katib-controller"}
    programs = {}
    for (name, account), port in zip(accounts.items(), free_ports(2), strict=True):
        (deployment,) = (o for o in compact(name) if o["kind"] == "Deployment" and o["metadata"]["name"] == account)
        kubeconfig = directory / f"{name}.kubeconfig"
        pod = deployment["spec"]["template"]["spec"]
        write_kubeconfig(module_server, deployment["metadata"]["namespace"], pod["serviceAccountName"], kubeconfig)
        programs[name] = environment(compact(name), account, {}) | {
            "KUBECONFIG": str(kubeconfig),
            "HEALTH": f"http://127.0.0.1:{port}/healthz",
            "PYTHONPATH": f"{IMAGES / 'controller-common'}:{IMAGES / name}",
        }
    module_server.programs["kube-apiserver"].end()
    logs = tuple(directory / f"{name}.log" for name in programs)
    words: list[list[str | Path]] = [[sys.executable, "-m", f"slipway_{name}"] for name in programs]
    with started(words[0], programs["seldon"], logs[0]) as one, started(words[1], programs["katib"], logs[1]) as other:
        eventually(lambda: all("will retry" in log.read_text() for log in logs), "requests without an answer")
        module_server.programs["kube-apiserver"].restart()
        yield Running(module_server, logs)
        alive(one, logs[0])
        alive(other, logs[1])


def test_controllers_that_begin_before_their_api_server_take_what_users_write(running: Running) -> None:
    running.taken("first")
    events, _ = running.client.listing("v1", "Event")
    assert "JobCreated" in {event["reason"] for event in events if event["metadata"]["namespace"] == PLACE}


def test_controllers_outlive_their_api_server(running: Running) -> None:
    running.server.programs["kube-apiserver"].restart()
    running.taken("second")
