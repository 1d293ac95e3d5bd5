"""A predictor's Services: one for the gateway (8000, 5001), and one for each unit's container (9000, 9500 upwards)."""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon import names
from slipway_seldon.labels import ID, LABELLED, container_label, type_label
from slipway_seldon.model import Model, Predictor
from slipway_seldon.parse_orchestrator import GRPC, HTTP

#: What a Service's ports lead to, (http, grpc): names, so that old and new Pods may listen on different ports while a
#: new version comes.
_NAMED = ("http", "grpc")


def ports(predictor: Predictor) -> tuple[int, int]:
    """The (http, grpc) ports of the predictor's Service. Without a service orchestrator they lead to the unit."""
    return (predictor.graph.http_port, predictor.graph.grpc_port) if predictor.no_engine else (HTTP, GRPC)


def _service(
    model: Model,
    predictor: Predictor,
    name: str,
    selector: dict[str, str],
    numbers: tuple[int, int],
    targets: tuple[int | str, int | str],
    more: Obj,
) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": model.namespace,
            "labels": {
                **more,
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
            "ports": [
                {"name": kind, "port": number, "targetPort": target, "protocol": "TCP"}
                for kind, number, target in zip(_NAMED, numbers, targets, strict=True)
            ],
        },
    }


def services(model: Model, predictor: Predictor) -> list[Obj]:
    """All of them, the predictor's first."""
    selector = {"seldon-app": predictor.service}
    first = _service(model, predictor, predictor.service, selector, ports(predictor), _NAMED, {})
    if predictor.routing.headless:
        # Names lead to Pods: no port is changed on the way, and Pods listen on the Service's.
        first["spec"]["clusterIP"] = "None"
    found = [first]
    for index, component in enumerate(predictor.components):
        engine = predictor.orchestrator is not None and predictor.orchestrator.home == index
        for unit in component.units:
            name = names.container_service(model.name, predictor.name, unit.name)
            numbers = (unit.http_port, unit.grpc_port)
            # Where several containers of a Pod have ports of these names, a name leads to the first.
            targets: tuple[int | str, int | str] = numbers if engine or len(component.units) > 1 else _NAMED
            kinds = {type_label(unit.type): "true"} if unit.type in LABELLED else {}
            found.append(_service(model, predictor, name, {container_label(unit.name): name}, numbers, targets, kinds))
    return found


def endpoints(model: Model, predictor: Predictor) -> dict[str, Obj]:
    """What status.serviceStatus says of them, by their names."""
    found = {predictor.service: ports(predictor)} | {
        names.container_service(model.name, predictor.name, unit.name): (unit.http_port, unit.grpc_port)
        for component in predictor.components
        for unit in component.units
    }
    return {
        name: {
            "svcName": name,
            "httpEndpoint": f"{name}.{model.namespace}:{http}",
            "grpcEndpoint": f"{name}.{model.namespace}:{grpc}",
        }
        for name, (http, grpc) in found.items()
    }
