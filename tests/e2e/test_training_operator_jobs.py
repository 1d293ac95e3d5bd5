"""Training jobs with light programs: who is told what about the others, how a job ends, what the webhook refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.kube import ApiError, Client, Obj

API = "kubeflow.org/v1"
IMAGE = "slipway.local/base:0.1.0"
ROOT = Path(__file__).resolve().parents[2]

Create = Callable[[Obj], Obj]
Eventually = Callable[..., Any]
#: (kind, its map of replicas, the container that it looks for)
KINDS = {
    "TFJob": ("tfReplicaSpecs", "tensorflow"),
    "PyTorchJob": ("pytorchReplicaSpecs", "pytorch"),
    "XGBoostJob": ("xgbReplicaSpecs", "xgboost"),
    "PaddleJob": ("paddleReplicaSpecs", "paddle"),
    "JAXJob": ("jaxReplicaSpecs", "jax"),
}


def replica(container: str, script: str = "pass", replicas: int = 1) -> Obj:
    pod = {"containers": [{"name": container, "image": IMAGE, "command": ["python3", "-c", script]}]}
    return {"replicas": replicas, "restartPolicy": "Never", "template": {"spec": pod}}


def job(kind: str, name: str, namespace: str, replicas: dict[str, Obj], **spec: Any) -> Obj:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": API, "kind": kind, "metadata": meta, "spec": {KINDS[kind][0]: replicas, **spec}}


def conditions(found: Obj) -> dict[str, str]:
    return {entry["type"]: entry["status"] for entry in found.get("status", {}).get("conditions") or []}


@pytest.fixture
def run(kube: Client, create: Create, eventually: Eventually) -> Callable[[Obj], Obj]:
    """Create a job and return it when it has succeeded or failed."""

    def over(obj: Obj) -> Obj:
        meta = create(obj)["metadata"]

        def asked() -> Obj | None:
            found = kube.get(API, obj["kind"], meta["name"], meta["namespace"])
            assert found is not None
            return found if {"Succeeded", "Failed"} & {k for k, v in conditions(found).items() if v == "True"} else None

        done: Obj = eventually(asked, timeout=120, what=f"{obj['kind']} {meta['name']} is not over")
        return done

    return over


def test_the_members_of_a_tfjob_know_each_other(
    kube: Client, run: Callable[[Obj], Obj], temp_name: str, project: str
) -> None:
    script = "import os; print(os.environ['TF_CONFIG'])"
    roles = {"Chief": 1, "Worker": 2, "PS": 1}
    done = run(job("TFJob", temp_name, project, {r: replica("tensorflow", script, n) for r, n in roles.items()}))
    assert conditions(done)["Succeeded"] == "True"
    config = json.loads(kube.logs(project, f"{temp_name}-worker-1").strip().splitlines()[-1])
    suffix = f"{project}.svc:2222"
    assert config["cluster"] == {
        "chief": [f"{temp_name}-chief-0.{suffix}"],
        "ps": [f"{temp_name}-ps-0.{suffix}"],
        "worker": [f"{temp_name}-worker-0.{suffix}", f"{temp_name}-worker-1.{suffix}"],
    }
    assert config["task"] == {"type": "worker", "index": 1}


def test_the_workers_of_a_pytorchjob_reach_their_master(
    kube: Client, run: Callable[[Obj], Obj], temp_name: str, project: str
) -> None:
    """The master listens before it has worked for a while; a worker that came earlier would fail."""
    master = (
        "import os, socket, time; time.sleep(1); server = socket.create_server(('', int(os.environ['MASTER_PORT'])));"
        "print(os.environ['WORLD_SIZE'], os.environ['RANK']);"
        "[server.accept()[0].sendall(b'hello') for _ in range(2)]"
    )
    worker = (
        "import os, socket, time\n"
        "for _ in range(60):\n"
        "    try:\n"
        "        found = socket.create_connection((os.environ['MASTER_ADDR'], int(os.environ['MASTER_PORT'])))\n"
        "        break\n"
        "    except ConnectionRefusedError:\n"
        "        time.sleep(0.5)\n"
        "print(os.environ['RANK'], found.recv(5).decode())\n"
    )
    members = {"Master": replica("pytorch", master), "Worker": replica("pytorch", worker, 2)}
    done = run(job("PyTorchJob", temp_name, project, members))
    assert conditions(done)["Succeeded"] == "True"
    assert kube.logs(project, f"{temp_name}-master-0").split() == ["3", "0"]
    pod = kube.get("v1", "Pod", f"{temp_name}-worker-1", project)
    assert pod is not None
    (init,) = pod["spec"]["initContainers"]
    assert init["image"].startswith("slipway.local/")


def test_a_job_that_fails_says_so(run: Callable[[Obj], Obj], temp_name: str, project: str) -> None:
    done = run(job("TFJob", temp_name, project, {"Worker": replica("tensorflow", "raise SystemExit(3)")}))
    assert conditions(done)["Failed"] == "True"
    assert "Succeeded" not in conditions(done)


def test_a_job_that_is_over_takes_its_pods_with_it(
    kube: Client, run: Callable[[Obj], Obj], eventually: Eventually, temp_name: str, project: str
) -> None:
    policy = {"cleanPodPolicy": "All"}
    done = run(job("TFJob", temp_name, project, {"Worker": replica("tensorflow")}, runPolicy=policy))
    assert conditions(done)["Succeeded"] == "True"
    labels = f"training.kubeflow.org/job-name={temp_name}"
    eventually(lambda: not kube.objects("v1", "Pod", project, labels=labels), what="the pods are still there")


def test_a_job_that_is_over_goes_when_its_time_is_up(
    kube: Client, create: Create, eventually: Eventually, temp_name: str, project: str
) -> None:
    create(
        job("TFJob", temp_name, project, {"Worker": replica("tensorflow")}, runPolicy={"ttlSecondsAfterFinished": 1})
    )
    eventually(lambda: kube.get(API, "TFJob", temp_name, project) is None, timeout=120, what="the job is still there")


@pytest.mark.parametrize("kind", KINDS)
def test_every_webhook_lets_a_good_job_pass(kube: Client, kind: str, temp_name: str, project: str) -> None:
    role = "Master" if kind in ("PyTorchJob", "XGBoostJob") else "Worker"
    kube.create(job(kind, temp_name, project, {role: replica(KINDS[kind][1])}), dry_run=True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_webhook_misses_its_container(kube: Client, kind: str, temp_name: str, project: str) -> None:
    role = "Master" if kind in ("PyTorchJob", "XGBoostJob") else "Worker"
    with pytest.raises(ApiError) as refusal:
        kube.create(job(kind, temp_name, project, {role: replica("main")}), dry_run=True)
    assert refusal.value.status == 403
    assert f"validator.{kind.lower()}.training-operator.kubeflow.org" in refusal.value.what
    assert "must have at least one container with name" in refusal.value.what


@pytest.mark.parametrize(
    ("kind", "name", "replicas", "words"),
    [
        ("TFJob", "9-starts-with-a-digit", {"Worker": replica("tensorflow")}, "metadata.name"),
        (
            "TFJob",
            "x",
            {"Chief": replica("tensorflow"), "Master": replica("tensorflow")},
            "more than 1 Chief or Master",
        ),
        ("PyTorchJob", "x", {"Master": replica("pytorch", replicas=2)}, "must be 1"),
        ("PyTorchJob", "x", {"Boss": replica("pytorch")}, "Boss"),
        ("XGBoostJob", "x", {"Worker": replica("xgboost")}, "must be present"),
    ],
)
def test_the_webhook_says_what_is_wrong(
    kube: Client, project: str, kind: str, name: str, replicas: dict[str, Obj], words: str
) -> None:
    with pytest.raises(ApiError) as refusal:
        kube.create(job(kind, name, project, replicas), dry_run=True)
    assert words in refusal.value.what


def test_the_schema_refuses_what_is_no_job(kube: Client, temp_name: str, project: str) -> None:
    wrong = job("TFJob", temp_name, project, {"Worker": replica("tensorflow") | {"replicas": "many"}})
    with pytest.raises(ApiError) as refusal:
        kube.create(wrong, dry_run=True)
    assert refusal.value.status == 422
    assert "spec.tfReplicaSpecs.Worker.replicas" in refusal.value.what


def test_applying_the_manifests_again_leaves_the_certificate(kube: Client) -> None:
    """A dry run: what the server would have made of it."""
    base = ROOT / "manifests" / "training-operator" / "1.9.4"
    hooks = kube.apply(yaml.safe_load((base / "webhook.yaml").read_text()), dry_run=True)["webhooks"]
    assert len(hooks) == 5
    assert all(hook["clientConfig"]["caBundle"] for hook in hooks)
    secret = kube.apply(yaml.safe_load((base / "webhook-secret.yaml").read_text()), dry_run=True)
    assert {"ca.crt", "ca.key", "tls.crt", "tls.key"} <= set(secret["data"])
