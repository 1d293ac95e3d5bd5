"""A unit's container as upstream's operator completes it: environment, ports, probes, preStop, podinfo."""

from __future__ import annotations

import json

from slipway_controller.reader import Obj

from slipway_seldon import ports
from slipway_seldon.model import Model, Predictor, Unit
from slipway_seldon.servers import MODELS

PODINFO, PODINFO_PATH = "seldon-podinfo", "/etc/podinfo"
METRICS_PATH = "/prometheus"
SAFE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
#: Where a unit says that it is ready, by protocol; TensorFlow Serving says it of each model only.
_READY = {"seldon": "/health/ping", "v2": "/v2/health/ready", "kfserving": "/v2/health/ready"}


def environment(model: Model, predictor: Predictor, unit: Unit, image: str) -> list[Obj]:
    """What the Python microservice (and MLServer) reads to know its ports and who it is."""
    values = {
        "PREDICTIVE_UNIT_SERVICE_PORT": str(unit.grpc_port if speaks_grpc(model, unit) else unit.http_port),
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
    if unit.model_uri:
        values["MLSERVER_MODEL_URI"] = MODELS
    if unit.parameters:
        values["PREDICTIVE_UNIT_PARAMETERS"] = json.dumps(unit.parameters, separators=(",", ":"))
    return [{"name": name, "value": value} for name, value in values.items()]


def speaks_grpc(model: Model, unit: Unit) -> bool:
    """Whether the unit is called over gRPC: a container of old has no other port."""
    return unit.grpc or model.transport == "grpc"


def _probes(model: Model, unit: Unit, container: Obj) -> Obj:
    """Upstream waits 20 s, then opens a TCP connection. gunicorn listens before its worker has loaded the model, so
    that alone is no proof: the start-up probe asks the server itself, and TCP is enough from then on (a busy worker
    answers late, and would drop out of the Service just when it is needed). Own probes are left alone."""
    grpc = speaks_grpc(model, unit)
    port = unit.grpc_port if grpc else unit.http_port
    asked = "" if grpc else _READY.get(model.protocol, "")
    tcp = {"tcpSocket": {"port": port}, "periodSeconds": 5, "failureThreshold": 3, "timeoutSeconds": 1}
    probes: Obj = {}
    if not container.get("livenessProbe"):
        probes["livenessProbe"] = tcp
    if not container.get("readinessProbe"):
        probes["readinessProbe"] = tcp
        if asked and not container.get("startupProbe"):
            ping = {"httpGet": {"path": asked, "port": port}}
            probes["startupProbe"] = {**ping, "periodSeconds": 1, "failureThreshold": 300, "timeoutSeconds": 2}
    return probes


def lifecycle(grace: int) -> Obj:
    """The endpoint is gone from every proxy before the server is told to stop, and it gets time to end its work."""
    seconds = min(10, grace // 2)
    return {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}} if seconds else {}


def complete(model: Model, predictor: Predictor, unit: Unit, grace: int, container: Obj) -> Obj:
    """A unit's container, completed; what its author set stays as it is."""
    own = list(container.get("env") or [])
    given = {item.get("name") for item in own}
    image = str(container.get("image", ""))
    added = [item for item in environment(model, predictor, unit, image) if item["name"] not in given]
    mounts = list(container.get("volumeMounts") or [])
    if not any(m.get("mountPath") == PODINFO_PATH for m in mounts):
        mounts.append({"name": PODINFO, "mountPath": PODINFO_PATH})
    return {
        "imagePullPolicy": "IfNotPresent",
        "securityContext": SAFE,
        **lifecycle(grace),
        **_probes(model, unit, container),
        **{key: value for key, value in container.items() if value is not None},
        "env": own + added,
        "ports": ports.complete(
            container, {"http": unit.http_port, "grpc": unit.grpc_port, "metrics": unit.metrics_port}
        ),
        "volumeMounts": mounts,
    }
