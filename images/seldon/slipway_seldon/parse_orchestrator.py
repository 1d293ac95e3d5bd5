"""Whether a predictor needs the service orchestrator, and with what settings."""

from __future__ import annotations

from collections.abc import Iterator

from slipway_seldon import annotations as notes
from slipway_seldon import names
from slipway_seldon.model import Component, Orchestrator, Unit
from slipway_seldon.options import Options
from slipway_seldon.refusal import Reader, Refused, refuse

CONTAINER = "seldon-container-engine"
#: Its ports, as upstream's.
HTTP, GRPC = 8000, 5001


def reasons(raw: Reader, annotations: dict[str, str], graph: Unit, pods: int, protocol: str) -> Iterator[str]:
    """What is asked for that only the orchestrator does, in words."""
    units = list(graph.walk())
    if len(units) > 1:
        yield "a graph of several units"
    elif graph.type != "MODEL" or graph.methods or graph.builtin:
        yield "a unit other than a MODEL of one's own"
    if pods > 1:
        yield "several componentSpecs"
    if any(unit.logger for unit in units):
        yield "request logging"
    if protocol != "seldon":
        yield f"the protocol {protocol}"
    for key in ("svcOrchSpec", "engineResources"):
        if raw.raw(key):
            yield key
    if notes.true(annotations, notes.SEPARATE):
        yield notes.SEPARATE
    if annotations.get(notes.HEADLESS, "false").lower() not in ("", "false"):
        yield notes.HEADLESS
    for key in sorted(annotations):
        if key in (notes.QUEUE, notes.WRITE_TIMEOUT) or (key.startswith(notes.ENGINE) and key != notes.SEPARATE):
            yield key


#: Those that a unit answers as well where it is asked not to have one.
_WITHOUT = ("the protocol", notes.HEADLESS)


def without(asked: tuple[str, ...], where: str) -> None:
    """Raises Refused where seldon.io/no-engine leaves what was asked for to nobody."""
    lost = [reason for reason in asked if not reason.startswith(_WITHOUT)]
    if lost:
        raise Refused(f"{where}: {notes.NO_ENGINE} leaves one unit alone, and here is asked for {', '.join(lost)}.")


def read(
    raw: Reader,
    annotations: dict[str, str],
    asked: tuple[str, ...],
    components: tuple[Component, ...],
    sdep: str,
    replicas: int,
    options: Options,
) -> Orchestrator:
    """Its settings. Raises Refused; other faults are left in the reader's."""
    where, name, spec = raw.where.rstrip("."), raw.text("name"), raw.nested("svcOrchSpec")
    if not options.executor_image:
        raise Refused(
            f"{where} needs the service orchestrator (for {', '.join(asked)}), and no image of it is configured "
            "(EXECUTOR_IMAGE of the operator)."
        )
    env = spec.objects("env")
    for item in env:
        if not item.text("name"):
            item.fault("name", "is missing")
    separate = notes.true(annotations, notes.SEPARATE)
    inside = [index for index, component in enumerate(components) if component.units]
    home = None if separate or not inside else inside[0]
    count = spec.number("replicas", replicas, 0, 1000)
    if spec.has("replicas") and home is not None:
        spec.fault("replicas", f"is for a service orchestrator in Pods of its own; set {notes.SEPARATE}")
    notes.number(annotations, notes.QUEUE, 1, "a whole number above 0")
    notes.timeout(annotations, notes.WRITE_TIMEOUT, 1)
    if home is not None:
        refuse(_crowded(components[home], where))
    return Orchestrator(
        reasons=asked,
        home=home,
        deployment=names.orchestrator(sdep, name),
        replicas=count,
        env=tuple(item.value for item in env),
        resources=spec.mapping("resources") or raw.mapping("engineResources") or None,
    )


def _crowded(component: Component, where: str) -> Iterator[str]:
    for container in component.pod_spec["containers"]:
        if container.get("name") == CONTAINER:
            yield f"{where}: {CONTAINER} is the name of the service orchestrator's container; choose another."
        for port in container.get("ports") or []:
            if port.get("containerPort") in (HTTP, GRPC) and port.get("protocol") in (None, "", "TCP"):
                number = port["containerPort"]
                yield f"{where}: port {number} of container {container.get('name')} is the service orchestrator's."
