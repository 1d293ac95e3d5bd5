"""The gateway's Mappings: /seldon/<namespace>/<name>/, and /seldon/<name>/ in the one namespace that may have it.

Two namespaces could both have a model of one name: were the short form open to all, their traffic would mix.
"""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon import names, services
from slipway_seldon.labels import ID
from slipway_seldon.model import Model, Options, Predictor


def _share(model: Model, predictor: Predictor) -> Obj:
    """The first predictor that answers has no weight and gets what the others leave."""
    if predictor.shadow:
        return {"shadow": True, **({"weight": predictor.traffic} if predictor.traffic else {})}
    first = next(p for p in model.predictors if not p.shadow)
    return {} if predictor is first else {"weight": predictor.traffic}


def _mapping(model: Model, predictor: Predictor, name: str, prefix: str) -> Obj:
    spec: Obj = {
        "prefix": prefix,
        "rewrite": "/",
        "service": f"{predictor.service}.{model.namespace}:{services.ports(model, predictor)[0]}",
        "timeout_ms": model.timeout_ms,
        "cluster_tag": "seldon_http",
        **_share(model, predictor),
    }
    return {
        "apiVersion": "getambassador.io/v2",
        "kind": "Mapping",
        "metadata": {
            "name": name,
            "namespace": model.namespace,
            "labels": {
                ID: names.deployment_id(model.name),
                "seldon-app": predictor.service,
                "app.kubernetes.io/managed-by": "seldon-core",
            },
        },
        "spec": spec,
    }


def mappings(model: Model, options: Options) -> list[Obj]:
    """The Mappings of every predictor."""
    found = []
    for p in model.predictors:
        long = names.mapping(model.namespace, model.name, p.name)
        found.append(_mapping(model, p, long, f"/seldon/{model.namespace}/{model.name}/"))
        if model.namespace == options.short_path_namespace:
            short = names.short_mapping(model.namespace, model.name, p.name)
            found.append(_mapping(model, p, short, f"/seldon/{model.name}/"))
    return found
