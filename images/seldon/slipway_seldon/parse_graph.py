"""From a predictor's graph to units that have no place yet, and what must hold of each."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_controller.reader import Obj

from slipway_seldon.model import BUILTIN, UNKNOWN, Unit
from slipway_seldon.refusal import Reader, Refused

TYPES = ("MODEL", "ROUTER", "COMBINER", "TRANSFORMER", "OUTPUT_TRANSFORMER", "UNKNOWN_TYPE")
METHODS = ("TRANSFORM_INPUT", "TRANSFORM_OUTPUT", "ROUTE", "AGGREGATE", "SEND_FEEDBACK")
_MODES = ("all", "request", "response")
_PARAMETER_TYPES = ("INT", "FLOAT", "DOUBLE", "STRING", "BOOL")
#: Where the operator itself writes the address, these say nothing else than "in the Pod".
_HERE = ("", "localhost", "127.0.0.1", "0.0.0.0")  # noqa: S104
#: A graph deeper than that is none that anybody means.
_DEEPEST = 32


def unit(raw: Reader, readers: dict[str, Reader], depth: int = 0) -> Unit:
    """Read a unit and all below it; ``readers`` gets each one's by name. Faults are left in ``raw``'s. Raises Refused
    for what makes the rest unreadable."""
    where = raw.where.rstrip(".")
    if depth > _DEEPEST:
        raise Refused(f"{where}: the graph is deeper than {_DEEPEST} units.")
    name = raw.text("name")
    if not name:
        raise Refused(f"{where}.name is missing: it names the container that answers.")
    if name in readers:
        raise Refused(f"{where}.name: two units are named {name!r}, which names one container.")
    readers[name] = raw
    implementation = raw.text("implementation") or UNKNOWN
    kind, methods = raw.choice("type", TYPES), _methods(raw)
    if implementation in BUILTIN and kind in ("", "UNKNOWN_TYPE"):
        kind = BUILTIN[implementation]
    elif implementation not in (UNKNOWN, *BUILTIN) or not (kind or methods):
        kind = "MODEL"
    endpoint = raw.nested("endpoint")
    found = Unit(
        name=name,
        type=kind,
        implementation=implementation,
        methods=methods,
        parameters=tuple(map(_parameter, raw.objects("parameters"))),
        children=tuple(unit(child, readers, depth + 1) for child in raw.objects("children")),
        logger=_logger(raw),
        endpoint=endpoint.choice("type", ("REST", "GRPC")),
        model_uri=raw.text("modelUri"),
        account=raw.text("serviceAccountName"),
        secret=raw.text("envSecretRefName"),
        initializer=raw.text("storageInitializerImage"),
    )
    host = endpoint.text("service_host")
    if host not in _HERE:
        endpoint.fault("service_host", f"{host!r}: a unit is a container of componentSpecs; its address is made")
    return found


def _methods(raw: Reader) -> tuple[str, ...]:
    value = raw.raw("methods")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(item in METHODS for item in value):
        raw.fault("methods", f"must be a list of {', '.join(METHODS)}")
        return ()
    return tuple(value)


def _parameter(raw: Reader) -> Obj:
    name, kind, value = raw.text("name"), raw.text("type"), raw.text("value")
    if not name:
        raw.fault("name", "is missing")
    if kind not in _PARAMETER_TYPES:
        raw.fault(f"type {kind!r}", f"must be one of {', '.join(_PARAMETER_TYPES)}")
    return {"name": name, "value": value, "type": kind}


def _logger(raw: Reader) -> Obj | None:
    if not isinstance(raw.raw("logger"), dict):
        raw.nested("logger")  # notes what is no object
        return None
    logger = raw.nested("logger")
    mode, url = logger.text("mode"), logger.text("url")
    if mode not in _MODES:
        logger.fault(f"mode {mode!r}", f"must be one of {', '.join(_MODES)}")
    return {"mode": mode, **({"url": url} if url else {})}


def faults(found: Unit, where: str, protocol: str) -> Iterator[str]:
    """What cannot be of one unit, whatever its container; upstream's webhook and the orchestrator say the same."""
    name, children = found.implementation, found.children
    if found.type == "UNKNOWN_TYPE" and not found.methods and name == UNKNOWN:
        yield f"{where}.type: UNKNOWN_TYPE needs methods; name them, or set another type."
    if name in ("SIMPLE_MODEL", "AVERAGE_COMBINER") and protocol != "seldon":
        yield f"{where}.implementation: {name} answers in the protocol seldon only, not {protocol!r}."
    if name == "RANDOM_ABTEST" and len(children) != 2:
        yield f"{where}.children: RANDOM_ABTEST chooses between two, not {len(children)}."
    if name == "SIMPLE_ROUTER" and not children:
        yield f"{where}.children: SIMPLE_ROUTER has none to choose."
    ratio = next((p["value"] for p in found.parameters if p["name"] == "ratioA"), "0.5")
    if name == "RANDOM_ABTEST" and not _share(ratio):
        yield f"{where}.parameters: ratioA is {ratio!r}, and must be a number from 0 to 1."
    if not found.model_uri:
        for value, key in (
            (found.secret, "envSecretRefName"),
            (found.initializer, "storageInitializerImage"),
        ):
            if value:
                yield f"{where}.{key}: it is for a download, and there is no modelUri."


def _share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
