"""From a Model to the objects that it owns."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from slipway_controller.reader import Obj

from slipway_seldon import autoscale, mappings, pods, services
from slipway_seldon.model import Model
from slipway_seldon.options import Options

#: Tells a Deployment of an older spec from the present one, also where a field was removed.
HASH = "slipway.dev/spec-hash"


@dataclass(frozen=True)
class Desired:
    """What shall exist: ``services``, ``deployments`` and what ``scales`` and keeps them (HPA, ScaledObject, budgets)
    at once, ``mappings`` when the Deployments answer."""

    services: tuple[Obj, ...]
    deployments: tuple[Obj, ...]
    mappings: tuple[Obj, ...]
    scales: tuple[Obj, ...] = ()


def render(model: Model, options: Options) -> Desired:
    """Every object, owned by the SeldonDeployment, so that the garbage collector removes them with it."""
    owner = {
        "apiVersion": "machinelearning.seldon.io/v1",
        "kind": "SeldonDeployment",
        "name": model.name,
        "uid": model.uid,
        "controller": True,
    }
    return Desired(
        tuple(_owned(o, owner) for p in model.predictors for o in services.services(model, p)),
        tuple(_owned(o, owner) for p in model.predictors for o in pods.deployments(model, p, options)),
        tuple(_owned(o, owner) for o in mappings.mappings(model, options)),
        tuple(_owned(o, owner) for p in model.predictors for c in p.components for o in autoscale.objects(model, c)),
    )


def _owned(obj: Obj, owner: Obj) -> Obj:
    digest = hashlib.sha256(json.dumps(obj, sort_keys=True, default=str).encode()).hexdigest()[:16]
    meta = obj["metadata"]
    annotations = {**meta.get("annotations", {}), HASH: digest}
    return {**obj, "metadata": {**meta, "annotations": annotations, "ownerReferences": [owner]}}
