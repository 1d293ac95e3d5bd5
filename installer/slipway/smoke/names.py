"""All names and labels of a smoke run, in one place."""

from __future__ import annotations

import time

from slipway.kube import Ref

MANAGER = "slipway-smoke"
MANAGED_BY = "app.kubernetes.io/managed-by"
RUN = "slipway.dev/smoke-run"
STEP = "slipway.dev/smoke-step"

DATA = "mnist-data"
TUNE = "mnist-tune"
TORCH = "mnist-torch"
TENSORFLOW = "mnist-tensorflow"
PICK = "mnist-pick"
PACKAGE = "mnist-package"
SERVE = "mnist"

#: Everything that a run creates at top level, in the order in which it is removed; what these own goes with them.
KINDS = (
    ("machinelearning.seldon.io/v1", "SeldonDeployment", SERVE),
    ("argoproj.io/v1alpha1", "Workflow", PACKAGE),
    ("batch/v1", "Job", PICK),
    ("v1", "ConfigMap", PICK),
    ("kubeflow.org/v1", "TFJob", TENSORFLOW),
    ("kubeflow.org/v1", "PyTorchJob", TORCH),
    ("kubeflow.org/v1beta1", "Experiment", TUNE),
    ("batch/v1", "Job", DATA),
)


def new_run() -> str:
    """A name for a run: the time, usable as a directory, label and image tag."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime())


def labels(run: str, step: str) -> dict[str, str]:
    """Labels of every object and Pod of a step."""
    return {"app.kubernetes.io/part-of": "slipway", MANAGED_BY: MANAGER, RUN: run, STEP: step}


def pods_of(run: str, step: str) -> str:
    """The selector of a step's Pods."""
    return f"{RUN}={run},{STEP}={step}"


def refs(project: str) -> list[Ref]:
    """The objects of a run."""
    return [Ref(api_version, kind, project, name) for api_version, kind, name in KINDS]


def directory(run: str) -> str:
    """The directory of a run on the claim ``outputs``."""
    return f"smoke/{run}"
