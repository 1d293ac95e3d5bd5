"""The plain Jobs: putting the data on the claim, and picking the better model."""

from __future__ import annotations

from importlib import resources

from slipway.kube import Obj
from slipway.smoke import names
from slipway.smoke.objects import pods
from slipway.smoke.options import SmokeOptions

SCRIPTS = "/opt/pick"
#: Directories of former runs that stay on the claim `outputs`.
KEPT_RUNS = 3


def data(options: SmokeOptions, run: str) -> Obj:
    """The Job that fills the claim ``data``; its log's last line is JSON that says with what."""
    command = ["python3", "-m", "slipway_mnist.prepare", "--root=/data", f"--choice={options.data}"]
    command += [f"--seed={options.seed}", *(f"--source={source}" for source in options.mnist_sources)]
    command += [f"--runs={pods.CLAIMS['outputs']}/smoke", f"--runs-kept={KEPT_RUNS}"]
    main = pods.container("data", options.image("trainer-torch"), command, memory="768Mi")
    return job(options, run, names.DATA, "data", pods.template(names.labels(run, "data"), main))


def pick(options: SmokeOptions, run: str, data_directory: str, models: dict[str, str]) -> Obj:
    """The Job that measures ``models`` (framework → file on `outputs`) on the held-out digits.

    It runs in the serving image, with the very class that will serve, and lays out the model's directory.
    """
    command = ["python3", f"{SCRIPTS}/pick.py", f"--target=/outputs/{names.directory(run)}/model"]
    command += [f"--show={options.held_out}", f"--source={SCRIPTS}", f"--data=/data/{data_directory}"]
    command += [f"--model={name}=/outputs/{path}" for name, path in sorted(models.items())]
    main = pods.container("pick", options.image("serving"), command, memory="512Mi")
    main["volumeMounts"].append({"name": "scripts", "mountPath": SCRIPTS})
    volume = {"name": "scripts", "configMap": {"name": names.PICK}}
    return job(options, run, names.PICK, "pick", pods.template(names.labels(run, "pick"), main, volume))


def scripts(options: SmokeOptions, run: str) -> Obj:
    """The ConfigMap with the model's class, its environment file and the script that measures."""
    folder = resources.files("slipway.smoke") / "model"
    files = ("MnistClassifier.py", "environment", "pick.py")
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": names.PICK, "namespace": options.project, "labels": names.labels(run, "pick")},
        "data": {name: (folder / name).read_text() for name in files},
    }


def job(options: SmokeOptions, run: str, name: str, step: str, template: Obj) -> Obj:
    """A Job that is tried once."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": options.project, "labels": names.labels(run, step)},
        "spec": {"backoffLimit": 0, "activeDeadlineSeconds": int(options.step_timeout), "template": template},
    }
