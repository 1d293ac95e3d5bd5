"""Names, labels and API versions, all made in one place. Source: Katib v0.19, pkg/controller.v1beta1/consts."""

from __future__ import annotations

from random import Random
from typing import Any

#: A Kubernetes object as parsed from JSON.
Obj = dict[str, Any]

GROUP = "kubeflow.org"
API_VERSION = f"{GROUP}/v1beta1"
LABEL_EXPERIMENT = "katib.kubeflow.org/experiment"
LABEL_TEMPLATES = ("katib.kubeflow.org/component", "trial-templates")
UNAVAILABLE = "unavailable"
#: Upstream's own: it counts Experiments and empties its database, which here is nobody's work.
UPSTREAM_FINALIZERS = frozenset({"update-prometheus-metrics", "clean-metrics-in-db"})

#: kind → (apiVersion, label of its pods that holds the job's name)
JOB_KINDS = {
    "Job": ("batch/v1", "batch.kubernetes.io/job-name"),
    "TFJob": ("kubeflow.org/v1", "training.kubeflow.org/job-name"),
    "PyTorchJob": ("kubeflow.org/v1", "training.kubeflow.org/job-name"),
}

#: The alphabet of Kubernetes' generated names: no vowels, nothing that looks like another character.
ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def trial_name(experiment: str, random: Random) -> str:
    """``<experiment>-<8 random characters>``."""
    return f"{experiment}-{''.join(random.choices(ALPHABET, k=8))}"


def trial_labels(experiment: Obj) -> dict[str, str]:
    """The experiment's labels and the one that names it."""
    meta = experiment["metadata"]
    return {**(meta.get("labels") or {}), LABEL_EXPERIMENT: meta["name"]}


def owner_reference(owner: Obj) -> Obj:
    """A controller reference: the garbage collector deletes the owned object with ``owner``."""
    meta = owner["metadata"]
    return {
        "apiVersion": API_VERSION,
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(obj: Obj) -> Obj | None:
    """The owner reference that is the controller, if any."""
    references = (obj.get("metadata") or {}).get("ownerReferences") or []
    return next((reference for reference in references if reference.get("controller")), None)
