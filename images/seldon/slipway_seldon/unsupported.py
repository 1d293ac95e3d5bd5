"""What upstream offers and this edition does not: each a sentence that names the field and says what to do."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_controller.reader import Obj

_EDITION = "the compact edition"
_ANNOTATIONS = {
    "seldon.io/headless-svc": "headless Services",
    "seldon.io/engine-separate-pod": "the service orchestrator in a Pod of its own",
    "seldon.io/executor-logger-queue-size": "the service orchestrator's request logger",
    "seldon.io/executor-logger-write-timeout-ms": "the service orchestrator's request logger",
    "seldon.io/grpc-timeout": "gRPC through the gateway",
}
_PREFIXES = {"seldon.io/ambassador-": "raw Ambassador settings", "seldon.io/istio-": "Istio"}


def _no(where: str, what: str, instead: str = "") -> str:
    return f"{where}: {_EDITION} does not support {what}{'; ' + instead if instead else ''}."


def in_annotations(annotations: Obj, where: str) -> Iterator[str]:
    """Annotations of seldon.io that upstream acts on."""
    for key, value in annotations.items():
        if value in (None, "", "false"):
            continue
        what = _ANNOTATIONS.get(key) or next((t for p, t in _PREFIXES.items() if key.startswith(p)), "")
        if what:
            yield _no(f"{where}[{key}]", what)


def in_spec(spec: Obj) -> Iterator[str]:
    """Fields of spec."""
    if spec.get("protocol") not in (None, "", "seldon"):
        yield _no(f"spec.protocol {spec['protocol']!r}", "other protocols", "leave it out or set seldon")
    if spec.get("transport") not in (None, "", "rest"):
        yield _no(f"spec.transport {spec['transport']!r}", "other transports through the gateway", "set rest")
    if spec.get("serverType") not in (None, "", "rpc"):
        yield _no(f"spec.serverType {spec['serverType']!r}", "Kafka", "leave it out or set rpc")


def in_predictor(predictor: Obj, where: str) -> Iterator[str]:
    """Fields of a predictor."""
    if predictor.get("explainer"):
        yield _no(f"{where}.explainer", "explainers")
    if predictor.get("ssl"):
        yield _no(f"{where}.ssl", "TLS between the gateway and the model")
    for key in ("svcOrchSpec", "engineResources"):
        if predictor.get(key):
            yield _no(f"{where}.{key}", "the service orchestrator", "requests go to the model directly")


def in_component(component: Obj, where: str) -> Iterator[str]:
    """Fields of a componentSpec beside its Pod."""
    if component.get("hpaSpec"):
        yield _no(f"{where}.hpaSpec", "autoscaling", "set replicas")
    if component.get("kedaSpec"):
        yield _no(f"{where}.kedaSpec", "autoscaling", "set replicas")
    if component.get("pdbSpec"):
        yield _no(f"{where}.pdbSpec", "disruption budgets", "create a PodDisruptionBudget yourself")


def in_unit(unit: Obj, where: str) -> Iterator[str]:
    """Fields of a graph unit."""
    if unit.get("children"):
        yield _no(f"{where}.children", "graphs of several units", "one MODEL per predictor")
    if unit.get("type") not in (None, "", "MODEL"):
        yield _no(f"{where}.type {unit['type']!r}", "units other than MODEL")
    if unit.get("implementation") not in (None, "", "UNKNOWN_IMPLEMENTATION"):
        yield _no(
            f"{where}.implementation {unit['implementation']!r}",
            "prepackaged servers",
            "name your container as the unit",
        )
    if unit.get("modelUri"):
        yield _no(f"{where}.modelUri", "downloads of models", "put the model into the image or mount a volume")
    if unit.get("methods"):
        yield _no(f"{where}.methods", "units other than MODEL", "set type MODEL")
    for key in ("serviceAccountName", "envSecretRefName", "storageInitializerImage"):
        if unit.get(key):
            yield _no(f"{where}.{key}", "downloads of models", "set what the container needs in componentSpecs")
    if unit.get("logger"):
        yield _no(f"{where}.logger", "payload logging")
    endpoint = unit.get("endpoint")
    if isinstance(endpoint, dict):
        if endpoint.get("type") not in (None, "", "REST"):
            yield _no(f"{where}.endpoint.type {endpoint['type']!r}", "other transports through the gateway", "set REST")
        if endpoint.get("service_host") not in (None, "", "localhost"):
            yield _no(f"{where}.endpoint.service_host", "units outside of the predictor's Pods")
