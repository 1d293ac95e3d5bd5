"""The service orchestrator's container: what upstream's operator gives its executor. Pure."""

from __future__ import annotations

import base64
import json

from slipway_controller.reader import Obj

from slipway_seldon import annotations as notes
from slipway_seldon.container import METRICS_PATH, PODINFO, PODINFO_PATH, SAFE, lifecycle
from slipway_seldon.model import Model, Orchestrator, Predictor, Unit
from slipway_seldon.options import Options
from slipway_seldon.parse_orchestrator import CONTAINER, GRPC, HTTP

LABEL = "seldon-deployment-contains-svcorch"
#: In place of those of the operator's setting: small, and a ceiling of memory.
_RESOURCES = {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}
_QUEUE, _WRITE_TIMEOUT, _LOGGER = "10000", "2000", "http://default-broker"
#: The user of upstream's executor.
_USER = 8888


def container(model: Model, predictor: Predictor, wanted: Orchestrator, grace: int, options: Options) -> Obj:
    """The container; of the environment what the object names wins."""
    notes_of = {**model.annotations, **predictor.annotations}
    given = {str(item.get("name")): item for item in wanted.env}
    env = {
        "ENGINE_PREDICTOR": encoded(model, predictor),
        "REQUEST_LOGGER_DEFAULT_ENDPOINT": _LOGGER,
        **{
            key.removeprefix(notes.ENGINE).replace("-", "_").upper(): value
            for key, value in sorted(notes_of.items())
            if key.startswith(notes.ENGINE) and key != notes.SEPARATE
        },
    }
    return {
        "name": CONTAINER,
        "image": options.executor_image,
        "imagePullPolicy": "IfNotPresent",
        "args": _arguments(model, predictor, notes_of),
        "env": [*({"name": n, "value": v} for n, v in env.items() if n not in given), *given.values()],
        # Upstream has 8000 once more, as "metrics": server-side apply takes each number once.
        "ports": [
            {"name": "http", "containerPort": HTTP, "protocol": "TCP"},
            {"name": "grpc", "containerPort": GRPC, "protocol": "TCP"},
        ],
        "readinessProbe": _probe("/ready", 3),
        "livenessProbe": _probe("/live", 6),
        # Ready means that every unit listens: models may take minutes to load.
        "startupProbe": {**_probe("/live", 60), "periodSeconds": 1},
        **lifecycle(grace),
        "resources": wanted.resources or options.executor_resources or _RESOURCES,
        "securityContext": {
            **SAFE,
            "runAsUser": _USER,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": PODINFO, "mountPath": PODINFO_PATH}],
    }


def _probe(path: str, failures: int) -> Obj:
    return {
        "httpGet": {"path": path, "port": HTTP},
        "periodSeconds": 5,
        "failureThreshold": failures,
        "timeoutSeconds": 5,
    }


def _arguments(model: Model, predictor: Predictor, annotations: dict[str, str]) -> list[str]:
    flags = {
        "--sdep": model.name,
        "--namespace": model.namespace,
        "--predictor": predictor.name,
        "--http_port": str(HTTP),
        "--grpc_port": str(GRPC),
        "--protocol": model.protocol,
        "--transport": model.transport,
        "--prometheus_path": METRICS_PATH,
        "--server_type": "rpc",
        "--log_work_buffer_size": annotations.get(notes.QUEUE) or _QUEUE,
        "--log_write_timeout_ms": annotations.get(notes.WRITE_TIMEOUT) or _WRITE_TIMEOUT,
    }
    return [*(word for pair in flags.items() for word in pair), "--full_health_checks=false"]


def encoded(model: Model, predictor: Predictor) -> str:
    """ENGINE_PREDICTOR: base64 of the predictor's JSON, as far as requests depend on it. What changes without a change
    of the Pods (traffic, replicas) is not in it, and no variable of a container, which may be secret."""
    images = [
        {"spec": {"containers": [{"name": c.get("name"), "image": c.get("image", "")} for c in part["containers"]]}}
        for part in (component.pod_spec for component in predictor.components)
    ]
    value = {
        "name": predictor.name,
        "graph": _unit(predictor.graph, model.transport == "grpc"),
        "componentSpecs": images,
        "annotations": predictor.annotations,
        "labels": predictor.labels,
        "replicas": 0,
    }
    return base64.b64encode(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).decode()


def _unit(unit: Unit, transport_grpc: bool) -> Obj:
    port = unit.grpc_port if unit.grpc or transport_grpc else unit.http_port
    endpoint = {
        "type": "GRPC" if unit.grpc else "REST",
        "service_host": unit.host,
        "service_port": port,
        "httpPort": unit.http_port,
        "grpcPort": unit.grpc_port,
    }
    return {
        "name": unit.name,
        "implementation": unit.implementation,
        **({"type": unit.type} if unit.type else {}),
        **({"methods": list(unit.methods)} if unit.methods else {}),
        **({"parameters": list(unit.parameters)} if unit.parameters else {}),
        **({"logger": unit.logger} if unit.logger else {}),
        **({"modelUri": unit.model_uri} if unit.model_uri else {}),
        **({} if unit.component is None else {"endpoint": endpoint}),
        "children": [_unit(child, transport_grpc) for child in unit.children],
    }
