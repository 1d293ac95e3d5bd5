"""The Katib Experiment: learning rate and momentum of the PyTorch network.

Source: kubeflow.org/v1beta1 Experiment.
"""

from __future__ import annotations

from slipway.kube import Obj
from slipway.smoke import names
from slipway.smoke.objects import pods
from slipway.smoke.options import SmokeOptions

METRIC = "Validation-accuracy"
#: linspace(0.001, 0.1, 5)
LEARNING_RATES = ("0.001", "0.02575", "0.0505", "0.07525", "0.1")
MOMENTUM = ("0.5", "0.6")


def build(options: SmokeOptions, run: str, data_directory: str, epochs: int) -> Obj:
    """The Experiment. Every trial is a Job; its model goes to ``/outputs/smoke/<run>/trials/<trial>``."""
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": names.TUNE, "namespace": options.project, "labels": names.labels(run, "tune")},
        "spec": {
            "objective": {"type": "maximize", "objectiveMetricName": METRIC, "additionalMetricNames": ["loss"]},
            "algorithm": {
                "algorithmName": options.algorithm,
                "algorithmSettings": [{"name": "random_state", "value": str(options.seed)}],
            },
            "metricsCollectorSpec": {"collector": {"kind": "StdOut"}},
            "parallelTrialCount": min(options.parallel, options.trials),
            "maxTrialCount": options.trials,
            "maxFailedTrialCount": max(1, options.trials // 3),
            "parameters": _parameters(options.algorithm),
            "trialTemplate": {
                "primaryContainerName": "train",
                # The Jobs stay until the Experiment goes, and with them their logs.
                "retain": True,
                "trialParameters": [
                    {"name": "lr", "description": "learning rate", "reference": "lr"},
                    {"name": "momentum", "description": "momentum of the descent", "reference": "momentum"},
                    {"name": "trial", "description": "the trial's name", "reference": "${trialSpec.Name}"},
                ],
                "trialSpec": _trial(options, run, data_directory, epochs),
            },
        },
    }


def _parameters(algorithm: str) -> list[Obj]:
    momentum: Obj = {"min": MOMENTUM[0], "max": MOMENTUM[1]}
    if algorithm == "grid":
        # A grid needs a step for every axis.
        momentum["step"] = "0.025"
    return [
        {"name": "lr", "parameterType": "discrete", "feasibleSpace": {"list": list(LEARNING_RATES)}},
        {"name": "momentum", "parameterType": "double", "feasibleSpace": momentum},
    ]


def _trial(options: SmokeOptions, run: str, data_directory: str, epochs: int) -> Obj:
    command = ["python3", "-m", "slipway_trainer_torch", f"--data=/data/{data_directory}"]
    command += ["--lr=${trialParameters.lr}", "--momentum=${trialParameters.momentum}", f"--batch={options.batch}"]
    command += [f"--epochs={epochs}", f"--seed={options.seed}"]
    command += [f"--output=/outputs/{names.directory(run)}/trials/${{trialParameters.trial}}"]
    main = pods.container("train", options.image("trainer-torch"), command, memory="1Gi")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"backoffLimit": 0, "template": pods.template(names.labels(run, "tune"), main)},
    }
