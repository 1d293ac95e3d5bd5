"""SeldonDeployments for the tests."""

from __future__ import annotations

import copy
from typing import Any

from slipway_seldon.options import Options

Obj = dict[str, Any]


#: An operator with everything configured.
WHOLE = Options(
    executor_image="executor:1",
    servers={
        "SKLEARN_SERVER": {
            "protocols": {"seldon": {"image": "sk", "defaultImageVersion": "1"}, "v2": {"image": "ml:1"}}
        },
        "TENSORFLOW_SERVER": {"protocols": {"seldon": {"image": "proxy:1"}, "tensorflow": {"image": "tf:1"}}},
        "TRITON_SERVER": {"protocols": {"v2": {"image": "triton:1"}}},
        "HUGGINGFACE_SERVER": {"protocols": {"v2": {"image": "hf:1"}}},
    },
    initializer={"image": "init:1", "memoryLimit": "2Gi"},
)


def unit(name: str, *children: Obj, **more: Any) -> Obj:
    """A node of a graph."""
    return {"name": name, "children": list(children), **more}


def graph(root: Obj, *pods: list[str], **more: Any) -> Obj:
    """A predictor with a graph; each of ``pods`` is a componentSpec with containers of these names."""
    specs = [{"spec": {"containers": [{"name": n, "image": f"{n}:1"} for n in names]}} for names in pods]
    return {"name": "default", "graph": root, "componentSpecs": specs, **more}


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
