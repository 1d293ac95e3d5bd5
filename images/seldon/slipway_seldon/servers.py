"""Servers by name: which image serves an ``implementation``, and how its container is completed. Pure.

The table is upstream's predictor_servers: {NAME: {"protocols": {PROTOCOL: {"image": …, "defaultImageVersion": …}}}}.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from slipway_controller.reader import Obj

from slipway_seldon.model import Component, Model, Unit
from slipway_seldon.options import Options
from slipway_seldon.refusal import Reader

TENSORFLOW, TRITON, HUGGINGFACE = "TENSORFLOW_SERVER", "TRITON_SERVER", "HUGGINGFACE_SERVER"
MODELS = "/mnt/models"
V2 = ("v2", "kfserving")
#: The container of TensorFlow itself behind a server of the seldon protocol, and its (grpc, http) ports.
TFSERVING, TFSERVING_PORTS = "tfserving", (2000, 2001)
_RUNTIMES = {
    "SKLEARN_SERVER": "mlserver_sklearn.SKLearnModel",
    "XGBOOST_SERVER": "mlserver_xgboost.XGBoostModel",
    "MLFLOW_SERVER": "mlserver_mlflow.MLflowRuntime",
    "LIGHTGBM_SERVER": "mlserver_lightgbm.LightGBMModel",
    "TEMPO_SERVER": "tempo.mlserver.InferenceRuntime",
    HUGGINGFACE: "mlserver_huggingface.HuggingFaceRuntime",
}


def image(options: Options, name: str, protocol: str) -> str:
    """The configured image of a server for a protocol, "" for none; v2 and kfserving are one."""
    entry = options.servers.get(name)
    protocols = entry.get("protocols") if isinstance(entry, dict) else None
    if not isinstance(protocols, dict):
        return ""
    for key in V2 if protocol in V2 else (protocol,):
        found = protocols.get(key)
        if isinstance(found, dict) and found.get("image"):
            version = found.get("defaultImageVersion")
            return f"{found['image']}:{version}" if version else str(found["image"])
    return ""


def faults(
    graph: Unit, components: tuple[Component, ...], readers: dict[str, Reader], protocol: str, options: Options
) -> Iterator[str]:
    """What keeps servers by name and downloads from being served, in sentences."""
    for unit in graph.walk():
        where = readers[unit.name].where.rstrip(".")
        if unit.server:
            yield from _server_faults(unit, components, where, protocol, options)
        if unit.model_uri and unit.component is None:
            yield f"{where}.modelUri: {unit.implementation} has no container that could have it."
        elif unit.model_uri and not (unit.initializer or options.initializer.get("image")):
            yield (
                f"{where}.modelUri: downloads of models need a storage initializer, and no image of one is configured "
                "(STORAGE_INITIALIZER of the operator); set storageInitializerImage, put the model into the image, or "
                "mount a volume."
            )


def _server_faults(
    unit: Unit, components: tuple[Component, ...], where: str, protocol: str, options: Options
) -> Iterator[str]:
    name = unit.implementation
    if not unit.model_uri and name != HUGGINGFACE:
        yield f"{where}.modelUri is missing: {name} serves what it leads to."
    if protocol == "tensorflow" and name in _RUNTIMES:
        yield f"{where}.implementation: {name} does not answer in the protocol tensorflow."
    containers = [c for component in components for c in component.pod_spec["containers"]]
    if any(c.get("name") == unit.name and c.get("image") for c in containers):
        return
    wanted = [protocol, "tensorflow"] if name == TENSORFLOW and protocol == "seldon" else [protocol]
    for each in wanted:
        if not image(options, name, each):
            yield (
                f"{where}.implementation: no image of {name} for the protocol {each} is configured (PREDICTOR_SERVERS "
                f"of the operator has {_known(options)}); name a container with an image as the unit."
            )


def _known(options: Options) -> str:
    pairs = [
        f"{n} for {p}" for n in sorted(options.servers) for p in ("seldon", "tensorflow", "v2") if image(options, n, p)
    ]
    return ", ".join(pairs) or "none"


def container(model: Model, unit: Unit, given: Obj, options: Options, *, stored: bool = True) -> Obj:
    """The unit's container with its server's image, arguments and variables; what its author set stays.

    ``stored`` False: the server reads modelUri itself (seldon.io/no-storage-initializer, Triton's)."""
    found = {**given, "image": given.get("image") or image(options, unit.implementation, model.protocol)}
    if unit.implementation == TRITON:
        return {"args": _triton(unit, stored), **found}
    if unit.implementation == TENSORFLOW and model.protocol == "tensorflow":
        return {"args": tfserving_arguments(unit, unit.grpc_port, unit.http_port), **found}
    if model.protocol in V2:
        return {**found, "env": _with(found, _mlserver(model, unit))}
    return {**found, "env": _with(found, {"PREDICTIVE_UNIT_PARAMETERS": json.dumps(_parameters(unit))}, wins=True)}


def sidecars(model: Model, unit: Unit, options: Options) -> list[Obj]:
    """What a server needs beside its container: TensorFlow itself behind the proxy of the seldon protocol."""
    if unit.implementation != TENSORFLOW or model.protocol == "tensorflow":
        return []
    grpc, http = TFSERVING_PORTS
    ports = [{"containerPort": number, "protocol": "TCP"} for number in (grpc, http)]
    args = tfserving_arguments(unit, grpc, http)
    return [{"name": TFSERVING, "image": image(options, TENSORFLOW, "tensorflow"), "args": args, "ports": ports}]


def tfserving_arguments(unit: Unit, grpc: int, http: int) -> list[str]:
    """TensorFlow Serving's flags."""
    names = {"port": grpc, "rest_api_port": http, "model_name": unit.name, "model_base_path": MODELS}
    return [f"--{name}={value}" for name, value in names.items()]


def _triton(unit: Unit, stored: bool) -> list[str]:
    args = [
        "/opt/tritonserver/bin/tritonserver",
        f"--grpc-port={unit.grpc_port}",
        f"--http-port={unit.http_port}",
        f"--model-repository={MODELS if stored else unit.model_uri}",
    ]
    if stored:
        return [*args, "--strict-model-config=false"]
    known = ("model_control_mode", "load_model", "strict_model_config")
    chosen = [(p["name"].lower(), p["value"]) for p in unit.parameters if p["name"].lower() in known]
    return [*args, *(f"--{name.replace('_', '-')}={value}" for name, value in chosen)]


def _parameters(unit: Unit) -> list[Obj]:
    """The arguments of a server of the seldon protocol: where the model is, or where TensorFlow answers."""
    more = {"model_uri": MODELS}
    if unit.implementation == TENSORFLOW:
        grpc, http = TFSERVING_PORTS
        named = {p["name"] for p in unit.parameters} & {"rest_endpoint", "grpc_endpoint"}
        place = {} if named else {"rest_endpoint": f"http://127.0.0.1:{http}", "grpc_endpoint": f"127.0.0.1:{grpc}"}
        more = {**place, "model_name": unit.name}
    return [*unit.parameters, *({"name": n, "value": v, "type": "STRING"} for n, v in more.items())]


def _mlserver(model: Model, unit: Unit) -> dict[str, str]:
    tempo = {"k8s_options": {"defaultRuntime": "tempo.seldon.SeldonKubernetesRuntime", "namespace": model.namespace}}
    runtime = _RUNTIMES.get(unit.implementation, "")
    found = {
        # A server of one's own knows what it runs, or is told in a model-settings.json beside the model.
        **({"MLSERVER_MODEL_IMPLEMENTATION": runtime} if runtime else {}),
        "MLSERVER_MODEL_NAME": unit.name,
        "MLSERVER_MODEL_VERSION": "v1",
        "MLSERVER_MODEL_URI": MODELS,
        "TEMPO_RUNTIME_OPTIONS": json.dumps(tempo),
    }
    if unit.implementation == HUGGINGFACE:
        found |= {"MLSERVER_PARALLEL_WORKERS": "0", "XDG_CACHE_HOME": "/opt/mlserver"}
    return found


def _with(container: Obj, values: dict[str, str], *, wins: bool = False) -> list[Obj]:
    own = [item for item in container.get("env") or [] if not (wins and item.get("name") in values)]
    given = {item.get("name") for item in own}
    return [*own, *({"name": name, "value": value} for name, value in values.items() if name not in given)]
