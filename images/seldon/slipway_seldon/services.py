"""A predictor's Services: one for the gateway (8000, 5001), one for the unit's container (9000, 9500)."""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon import names
from slipway_seldon.labels import ID, container_label
from slipway_seldon.model import Model, Predictor

#: The ports of upstream's service orchestrator. There is none here: they lead to the unit.
HTTP, GRPC = 8000, 5001


def ports(model: Model, predictor: Predictor) -> tuple[int, int]:
    """The (http, grpc) ports of the predictor's Service."""
    return (predictor.unit.http_port, predictor.unit.grpc_port) if model.no_engine else (HTTP, GRPC)


def _service(model: Model, predictor: Predictor, name: str, selector: dict[str, str], http: int, grpc: int) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": model.namespace,
            "labels": {
                **selector,
                "seldon-app": predictor.service,
                ID: names.deployment_id(model.name),
                "app.kubernetes.io/managed-by": "seldon-core",
            },
            "annotations": dict(predictor.annotations),
        },
        "spec": {
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "selector": selector,
            # By name, so that old and new Pods may listen on different ports while a new version comes.
            "ports": [
                {"name": "http", "port": http, "targetPort": "http", "protocol": "TCP"},
                {"name": "grpc", "port": grpc, "targetPort": "grpc", "protocol": "TCP"},
            ],
        },
    }


def services(model: Model, predictor: Predictor) -> list[Obj]:
    """Both Services."""
    unit = predictor.unit
    selector = {container_label(predictor.unit.name): predictor.container_service}
    return [
        _service(model, predictor, predictor.service, {"seldon-app": predictor.service}, *ports(model, predictor)),
        _service(model, predictor, predictor.container_service, selector, unit.http_port, unit.grpc_port),
    ]


def endpoints(model: Model, predictor: Predictor) -> dict[str, Obj]:
    """What status.serviceStatus says of them, by their names."""
    unit, found = predictor.unit, {}
    for name, (http, grpc) in (
        (predictor.service, ports(model, predictor)),
        (predictor.container_service, (unit.http_port, unit.grpc_port)),
    ):
        host = f"{name}.{model.namespace}"
        found[name] = {"svcName": name, "httpEndpoint": f"{host}:{http}", "grpcEndpoint": f"{host}:{grpc}"}
    return found
