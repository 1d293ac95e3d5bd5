"""The jobs of the full training: PyTorch with a master and a worker, TensorFlow with a parameter server.

Source: kubeflow.org/v1 PyTorchJob and TFJob; the operator wants the containers named ``pytorch`` and ``tensorflow``.
"""

from __future__ import annotations

from slipway.kube import Obj
from slipway.smoke import names
from slipway.smoke.objects import pods
from slipway.smoke.options import SmokeOptions


def model_file(run: str, framework: str) -> str:
    """Where a training leaves its model on the claim ``outputs``."""
    return f"{names.directory(run)}/{framework}/model.onnx"


def pytorch(options: SmokeOptions, run: str, data_directory: str, epochs: int, best: dict[str, float]) -> Obj:
    """The PyTorchJob: the best parameters, in full, by two processes that average their gradients (gloo)."""
    command = ["python3", "-m", "slipway_trainer_torch", *_common(options, run, data_directory, epochs, "pytorch")]
    command += [f"--lr={best['lr']}", f"--momentum={best['momentum']}"]
    main = pods.container("pytorch", options.image("trainer-torch"), command, memory="1Gi")
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": names.TORCH, "namespace": options.project, "labels": names.labels(run, "train")},
        "spec": {
            "runPolicy": _policy(options),
            "pytorchReplicaSpecs": {role: _replicas(run, main) for role in ("Master", "Worker")},
        },
    }


def tensorflow(options: SmokeOptions, run: str, data_directory: str, epochs: int) -> Obj:
    """The TFJob: the chief schedules steps on the worker, the parameter server keeps the weights."""
    common = _common(options, run, data_directory, epochs, "tensorflow")
    command = ["python3", "-m", "slipway_trainer_tensorflow", *common]
    main = pods.container("tensorflow", options.image("trainer-tensorflow"), command, memory="1536Mi")
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "metadata": {"name": names.TENSORFLOW, "namespace": options.project, "labels": names.labels(run, "train")},
        "spec": {
            "runPolicy": _policy(options),
            "tfReplicaSpecs": {role: _replicas(run, main) for role in ("Chief", "Worker", "PS")},
        },
    }


def _common(options: SmokeOptions, run: str, data_directory: str, epochs: int, framework: str) -> list[str]:
    output = f"/outputs/{model_file(run, framework).rpartition('/')[0]}"
    words = [f"--data=/data/{data_directory}", f"--output={output}", f"--epochs={epochs}"]
    return [*words, f"--batch={options.batch}", f"--seed={options.seed}"]


def _policy(options: SmokeOptions) -> Obj:
    """Who still runs at the job's end (workers, parameter servers) is stopped; finished Pods keep their logs."""
    return {"cleanPodPolicy": "Running", "backoffLimit": 0, "activeDeadlineSeconds": int(options.step_timeout)}


def _replicas(run: str, main: Obj) -> Obj:
    return {"replicas": 1, "restartPolicy": "Never", "template": pods.template(names.labels(run, "train"), main)}
