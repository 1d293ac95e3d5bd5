"""From one entry of spec.predictors to a Predictor, or to the reasons why not."""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon import names, ports, unsupported
from slipway_seldon.model import Predictor, Unit
from slipway_seldon.refusal import Reader, Refused, refuse

SERVICE_NAME = "seldon.io/svc-name"
_PARAMETER_TYPES = ("INT", "FLOAT", "DOUBLE", "STRING", "BOOL")


def predictor(sdep: str, raw: Reader, replicas: int) -> Predictor:
    """Read one predictor; ``replicas`` is the default. Raises Refused."""
    where = raw.where.rstrip(".")
    name, graph, annotations = raw.text("name"), raw.nested("graph"), raw.strings("annotations")
    components, shadow = raw.objects("componentSpecs"), raw.flag("shadow")
    raw.finish()
    refuse(
        [
            *unsupported.in_predictor(raw.value, where),
            *unsupported.in_annotations(annotations, f"{where}.annotations"),
            *unsupported.in_unit(graph.value, f"{where}.graph"),
        ]
    )
    if not names.is_dns_label(name):
        raise Refused(f"{where}.name {name!r} must be lower case letters, digits and dashes, at most 63.")
    if len(components) != 1:
        raise Refused(
            f"{where}.componentSpecs has {len(components)} entries: the compact edition needs exactly one, "
            "with the container of the graph's unit."
        )
    component = components[0]
    refuse(unsupported.in_component(component.value, component.where.rstrip(".")))
    meta, pod = component.nested("metadata"), component.nested("spec")
    pod_name, containers = meta.text("name"), pod.objects("containers")
    pod.objects("volumes")
    container_names = [container.text("name") for container in containers]
    raw.finish()
    unit = _unit(graph, containers, container_names, where)
    service = annotations.get(SERVICE_NAME) or names.predictor_service(sdep, name)
    if not names.is_service_name(service):
        raise Refused(
            f"{where}: {service!r} cannot be the name of a Service: a letter first, then letters, digits, dashes."
        )
    found = Predictor(
        name=name,
        unit=unit,
        pod_spec=pod.value,
        replicas=component.number("replicas", raw.number("replicas", replicas, 0, 1000), 0, 1000),
        traffic=raw.number("traffic", 0, 0, 100),
        shadow=shadow,
        progress_deadline=raw.number("progressDeadlineSeconds", 600, 2, 86400),
        grace=pod.number("terminationGracePeriodSeconds", 20, 0, 86400),
        service=service,
        deployment=names.deployment(sdep, name, 0, pod_name, container_names),
        container_service=names.container_service(sdep, name, unit.name),
        labels={"version": name, **raw.strings("labels")},
        annotations=annotations,
        pod_labels=meta.strings("labels"),
        pod_annotations=meta.strings("annotations"),
    )
    raw.finish()
    return found


def _unit(graph: Reader, containers: list[Reader], container_names: list[str], where: str) -> Unit:
    name, parameters = graph.text("name"), graph.objects("parameters")
    graph.finish()
    if not name:
        raise Refused(f"{where}.graph.name is missing: it names the container that answers.")
    if len(set(container_names)) < len(container_names):
        raise Refused(f"{where}.componentSpecs[0].spec.containers: every container needs a name of its own.")
    if name not in container_names:
        has = ", ".join(n for n in container_names if n) or "none"
        raise Refused(f"{where}.graph.name {name!r} must be the name of a container in componentSpecs (there: {has}).")
    container = containers[container_names.index(name)]
    container.objects("volumeMounts")
    for item in container.objects("env"):
        item.text("name")
    others = ports.taken([other for other in containers if other is not container])
    http, grpc, metrics = ports.choose(graph, container, others)
    return Unit(name, tuple(map(_parameter, parameters)), http, grpc, metrics)


def _parameter(raw: Reader) -> Obj:
    name, kind, value = raw.text("name"), raw.text("type"), raw.text("value")
    if not name:
        raw.fault("name", "is missing")
    if kind not in _PARAMETER_TYPES:
        raw.fault(f"type {kind!r}", f"must be one of {', '.join(_PARAMETER_TYPES)}")
    raw.finish()
    return {"name": name, "value": value, "type": kind}
