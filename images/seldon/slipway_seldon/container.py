"""A unit's container as upstream's operator completes it: environment, ports, probes, preStop, podinfo."""

from __future__ import annotations

import json

from slipway_controller.reader import Obj

from slipway_seldon import ports
from slipway_seldon.model import Model, Predictor

PODINFO, PODINFO_PATH = "seldon-podinfo", "/etc/podinfo"
METRICS_PATH = "/prometheus"


def environment(model: Model, predictor: Predictor, image: str) -> list[Obj]:
    """What the Python microservice (and MLServer) reads to know its ports and who it is."""
    unit = predictor.unit
    values = {
        "PREDICTIVE_UNIT_SERVICE_PORT": str(unit.http_port),
        "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": str(unit.http_port),
        "MLSERVER_HTTP_PORT": str(unit.http_port),
        "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": str(unit.grpc_port),
        "MLSERVER_GRPC_PORT": str(unit.grpc_port),
        "PREDICTIVE_UNIT_ID": unit.name,
        "MLSERVER_MODEL_NAME": unit.name,
        "PREDICTIVE_UNIT_IMAGE": image,
        "PREDICTOR_ID": predictor.name,
        "PREDICTOR_LABELS": json.dumps(predictor.labels, sort_keys=True, separators=(",", ":")),
        "SELDON_DEPLOYMENT_ID": model.name,
        "SELDON_EXECUTOR_ENABLED": "true",
        "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": str(unit.metrics_port),
        "PREDICTIVE_UNIT_METRICS_ENDPOINT": METRICS_PATH,
        "MLSERVER_METRICS_PORT": str(unit.metrics_port),
        "MLSERVER_METRICS_ENDPOINT": METRICS_PATH,
    }
    if unit.parameters:
        values["PREDICTIVE_UNIT_PARAMETERS"] = json.dumps(unit.parameters, separators=(",", ":"))
    return [{"name": name, "value": value} for name, value in values.items()]


def _probes(container: Obj, port: int) -> Obj:
    """Upstream waits 20 s, then opens a TCP connection. gunicorn listens before its worker has loaded the model, so
    that alone is no proof: the start-up probe asks the microservice itself, and TCP is enough from then on (a busy
    worker answers late, and would drop out of the Service just when it is needed). Own probes are left alone."""
    tcp = {"tcpSocket": {"port": port}, "periodSeconds": 5, "failureThreshold": 3, "timeoutSeconds": 1}
    probes: Obj = {}
    if not container.get("livenessProbe"):
        probes["livenessProbe"] = tcp
    if not container.get("readinessProbe"):
        probes["readinessProbe"] = tcp
        if not container.get("startupProbe"):
            ping = {"httpGet": {"path": "/health/ping", "port": port}}
            probes["startupProbe"] = {**ping, "periodSeconds": 1, "failureThreshold": 300, "timeoutSeconds": 2}
    return probes


def _lifecycle(grace: int) -> Obj:
    """The endpoint is gone from every proxy before the server is told to stop, and it gets time to end its work."""
    seconds = min(10, grace // 2)
    return {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}} if seconds else {}


def complete(model: Model, predictor: Predictor, container: Obj) -> Obj:
    """The unit's container, completed; what its author set stays as it is."""
    unit = predictor.unit
    own = list(container.get("env") or [])
    given = {item.get("name") for item in own}
    added = [
        item for item in environment(model, predictor, str(container.get("image", ""))) if item["name"] not in given
    ]
    mounts = list(container.get("volumeMounts") or [])
    if not any(m.get("mountPath") == PODINFO_PATH for m in mounts):
        mounts.append({"name": PODINFO, "mountPath": PODINFO_PATH})
    return {
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        **_lifecycle(predictor.grace),
        **_probes(container, unit.http_port),
        **{key: value for key, value in container.items() if value is not None},
        "env": own + added,
        "ports": ports.complete(
            container, {"http": unit.http_port, "grpc": unit.grpc_port, "metrics": unit.metrics_port}
        ),
        "volumeMounts": mounts,
    }
