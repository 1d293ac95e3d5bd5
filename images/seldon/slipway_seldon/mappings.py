"""The gateway's Mappings: /seldon/<namespace>/<name>/, and /seldon/<name>/ in the one namespace that may have it; for
gRPC, whose paths are the service's, the headers ``seldon`` and ``namespace`` say the same.

Two namespaces could both have a model of one name: were the short form open to all, their traffic would mix.
"""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon import names, services
from slipway_seldon.labels import ID
from slipway_seldon.model import Model, Predictor
from slipway_seldon.options import Options

#: The services of every protocol.
GRPC_PATHS = "/(seldon.protos.*|tensorflow.serving.*|inference.*)/.*"
#: Where a gateway ends a stream on which nothing is sent, milliseconds.
_IDLE = 300_000


def _share(model: Model, predictor: Predictor) -> Obj:
    """The first predictor that answers has no weight and gets what the others leave."""
    if predictor.shadow:
        return {"shadow": True, **({"weight": predictor.traffic} if predictor.traffic else {})}
    first = next(p for p in model.predictors if not p.shadow)
    return {} if predictor is first else {"weight": predictor.traffic}


def _mapping(model: Model, predictor: Predictor, name: str, kind: Obj, port: int, timeout: int) -> Obj:
    routing = predictor.routing
    headers: Obj = dict(kind.get("headers") or {})
    if routing.header:
        headers[routing.header[0]] = routing.header[1]
    spec: Obj = {
        **kind,
        "service": f"{predictor.service}.{model.namespace}:{port}",
        "timeout_ms": timeout,
        **({"idle_timeout_ms": timeout} if timeout > _IDLE else {}),
        **({"headers": headers} if headers else {}),
        **({"regex_headers": dict([routing.regex_header])} if routing.regex_header else {}),
        **({"ambassador_id": [routing.gateway_id]} if routing.gateway_id else {}),
        **({"retry_policy": _retries(routing.retries)} if routing.retries else {}),
        **({"circuit_breakers": [dict(routing.breakers)]} if routing.breakers else {}),
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


def _retries(number: int) -> Obj:
    return {"retry_on": "gateway-error", "num_retries": number}


def _rest(prefix: str) -> Obj:
    return {"prefix": prefix, "rewrite": "/", "cluster_tag": "seldon_http"}


def _grpc(**headers: str) -> Obj:
    found = {"prefix": GRPC_PATHS, "prefix_regex": True, "grpc": True, "rewrite": "", "cluster_tag": "seldon_grpc"}
    return {**found, "headers": headers}


def mappings(model: Model, options: Options) -> list[Obj]:
    """The Mappings of every predictor."""
    found = []
    for p in model.predictors:
        (http, grpc), shown = services.ports(p), p.routing.name
        named = (model.namespace, model.name, p.name)
        long = names.mapping(*named)
        found.append(_mapping(model, p, long, _rest(f"/seldon/{model.namespace}/{shown}/"), http, p.routing.rest))
        by_headers = _grpc(seldon=shown, namespace=model.namespace)
        found.append(_mapping(model, p, names.mapping(*named, "grpc"), by_headers, grpc, p.routing.grpc))
        if model.namespace == options.short_path_namespace:
            short = names.short_mapping(*named)
            found.append(_mapping(model, p, short, _rest(f"/seldon/{shown}/"), http, p.routing.rest))
            short = names.short_mapping(*named, "grpc")
            found.append(_mapping(model, p, short, _grpc(seldon=shown), grpc, p.routing.grpc))
    return found
