"""What upstream offers and this edition does not: each a sentence that names the field and says what to do."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_controller.reader import Obj

from slipway_seldon.annotations import GATEWAY

_EDITION = "the compact edition"
_PREFIXES = {"seldon.io/ambassador-": "raw Ambassador settings", "seldon.io/istio-": "Istio"}


def _no(where: str, what: str, instead: str = "") -> str:
    return f"{where}: {_EDITION} does not support {what}{'; ' + instead if instead else ''}."


def in_annotations(annotations: Obj, where: str) -> Iterator[str]:
    """Annotations of seldon.io that upstream acts on."""
    for key, value in annotations.items():
        if value in (None, "", "false") or key in GATEWAY:
            continue
        what = next((text for prefix, text in _PREFIXES.items() if key.startswith(prefix)), "")
        if what:
            yield _no(f"{where}[{key}]", what)


def in_spec(spec: Obj) -> Iterator[str]:
    """Fields of spec."""
    if spec.get("serverType") not in (None, "", "rpc"):
        yield _no(f"spec.serverType {spec['serverType']!r}", "Kafka", "leave it out or set rpc")


def in_predictor(predictor: Obj, where: str) -> Iterator[str]:
    """Fields of a predictor."""
    explainer = predictor.get("explainer")
    if isinstance(explainer, dict) and explainer.get("type"):
        yield _no(f"{where}.explainer", "explainers")
    if predictor.get("ssl"):
        yield _no(f"{where}.ssl", "TLS between the gateway and the model")
