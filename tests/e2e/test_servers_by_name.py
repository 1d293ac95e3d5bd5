"""Servers by name: a stored model is served without an image of its own, and a wrong address is a clear status."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from seldon_models import API, Obj
from slipway.kube import Client
from slipway.kube.restricted import lone_pod
from slipway.paths import KUBECONFIG

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]
Slipway = Callable[..., subprocess.CompletedProcess[str]]
WHERE = ("--overlay", "embedded", "--set", "images.extra=[sklearn-server]")
SERVER = "slipway.local/sklearn-server:0.1.0"
#: Made by the server's own image: nothing else of the platform has scikit-learn.
TRAINING = """
import os, joblib, sklearn.datasets, sklearn.linear_model
X, y = sklearn.datasets.load_iris(return_X_y=True)
os.makedirs("/models/iris", exist_ok=True)
joblib.dump(sklearn.linear_model.LogisticRegression(max_iter=500).fit(X, y), "/models/iris/model.joblib")
"""
SETOSA = {"data": {"ndarray": [[5.1, 3.5, 1.4, 0.2]]}}


@pytest.fixture(scope="module", autouse=True)
def server(slipway: Slipway) -> None:
    """The image is on the node, as for someone who has just written images.extra."""
    done = slipway("install", "seldon", *WHERE, timeout=1200, KUBECONFIG=str(KUBECONFIG))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def claim(kube: Client, project: str, create: Create, eventually: Eventually, temp_name: str) -> str:
    """A claim with the model in its directory iris."""
    meta = {"name": temp_name, "namespace": project}
    size = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": size})
    mount = {"name": "models", "mountPath": "/models"}
    volume = {"name": "models", "persistentVolumeClaim": {"claimName": temp_name}}
    pod = lone_pod(
        project,
        "train",
        {},
        image=SERVER,
        command=["python", "-c", TRAINING],
        resources={"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
        seconds=180,
        grace=1,
        volumes=[volume, {"name": "tmp", "emptyDir": {}}],
        mounts=[mount, {"name": "tmp", "mountPath": "/tmp"}],
    )
    pod["metadata"] = meta
    create(pod)

    def finished() -> bool:
        found = kube.get("v1", "Pod", temp_name, project)
        assert found is not None and found["status"]["phase"] != "Failed"
        return bool(found["status"]["phase"] == "Succeeded")

    eventually(finished, timeout=180, what="the model is not trained")
    return temp_name


def deployment(name: str, project: str, uri: str) -> Obj:
    graph = {"name": "classifier", "implementation": "SKLEARN_SERVER", "modelUri": uri}
    spec = {"predictors": [{"name": "default", "graph": graph}]}
    return {
        "apiVersion": API,
        "kind": "SeldonDeployment",
        "metadata": {"name": name, "namespace": project},
        "spec": spec,
    }


def test_a_stored_model_answers_and_a_wrong_address_is_named(
    kube: Client, project: str, gateway: str, create: Create, eventually: Eventually, claim: str
) -> None:
    good, wrong = f"{claim}-good", f"{claim}-wrong"
    create(deployment(good, project, f"pvc://{claim}/iris"))
    create(deployment(wrong, project, f"pvc://{claim}/irs"))

    def status(name: str) -> Obj:
        found = kube.get(API, "SeldonDeployment", name, project)
        assert found is not None
        return dict(found.get("status") or {})

    eventually(lambda: status(good).get("state") == "Available", timeout=240, what=f"{good} is not available")
    url = f"{gateway}/seldon/{project}/{good}/api/v1.0/predictions"
    answer = urllib3.request("POST", url, json=SETOSA, timeout=30)
    assert answer.status == 200, answer.data
    row = json.loads(answer.data)["data"]["ndarray"][0]
    assert len(row) == 3 and row[0] == max(row) and abs(sum(row) - 1) < 1e-6

    eventually(
        lambda: "irs is empty or does not exist" in status(wrong).get("description", ""),
        timeout=120,
        what=f"the status of {wrong} does not say why",
    )
