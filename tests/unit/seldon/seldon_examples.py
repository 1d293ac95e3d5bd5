"""SeldonDeployments for the tests."""

from __future__ import annotations

import copy
from typing import Any

Obj = dict[str, Any]


def predictor(name: str = "default", **more: Any) -> Obj:
    """A predictor with one container, ``classifier``."""
    return {
        "name": name,
        "graph": {"name": "classifier", "type": "MODEL"},
        "componentSpecs": [{"spec": {"containers": [{"name": "classifier", "image": "model:1"}]}}],
        **more,
    }


def sdep(*predictors: Obj, name: str = "mnist", namespace: str = "workbench", **spec: Any) -> Obj:
    """A SeldonDeployment as the API server would hand it out."""
    return copy.deepcopy(
        {
            "apiVersion": "machinelearning.seldon.io/v1",
            "kind": "SeldonDeployment",
            "metadata": {"name": name, "namespace": namespace, "uid": "u-1", "generation": 1},
            "spec": {"predictors": list(predictors or [predictor()]), **spec},
        }
    )


def changed(obj: Obj, path: str, value: Any) -> Obj:
    """A copy with the field at ``path`` (keys and indices by dots) set."""
    obj = copy.deepcopy(obj)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = obj
    for part in parents:
        place = place[part] if isinstance(part, int) else place.setdefault(part, {})
    place[last] = value
    return obj
