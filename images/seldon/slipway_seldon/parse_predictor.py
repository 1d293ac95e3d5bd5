"""From one entry of spec.predictors to a Predictor, or to the reasons why not."""

from __future__ import annotations

from slipway_seldon import names, ports, unsupported
from slipway_seldon.model import Predictor, Unit
from slipway_seldon.refusal import Obj, Refused, as_number, as_object, as_objects, as_text, as_texts, refuse

SERVICE_NAME = "seldon.io/svc-name"
GRACE = "terminationGracePeriodSeconds"
_PARAMETER_TYPES = ("INT", "FLOAT", "DOUBLE", "STRING", "BOOL")


def predictor(sdep: str, index: int, raw: Obj, replicas: int) -> Predictor:
    """Read one predictor; ``replicas`` is the default. Raises Refused."""
    where = f"spec.predictors[{index}]"
    name = as_text(raw.get("name"), f"{where}.name")
    graph = as_object(raw.get("graph"), f"{where}.graph")
    annotations = as_texts(raw.get("annotations"), f"{where}.annotations")
    refuse(
        [
            *unsupported.in_predictor(raw, where),
            *unsupported.in_annotations(annotations, f"{where}.annotations"),
            *unsupported.in_unit(graph, f"{where}.graph"),
        ]
    )
    if not names.is_dns_label(name):
        raise Refused(f"{where}.name {name!r} must be lower case letters, digits and dashes, at most 63.")
    component = _component(raw, where)
    place = f"{where}.componentSpecs[0]"
    meta = as_object(component.get("metadata"), f"{place}.metadata")
    pod_name = as_text(meta.get("name"), f"{place}.metadata.name")
    pod = as_object(component.get("spec"), f"{place}.spec")
    containers = as_objects(pod.get("containers"), f"{place}.spec.containers")
    container_names = [as_text(c.get("name"), f"{place}.spec.containers[{i}].name") for i, c in enumerate(containers)]
    as_objects(pod.get("volumes"), f"{place}.spec.volumes")
    unit = _unit(graph, containers, container_names, where)
    service = annotations.get(SERVICE_NAME) or names.predictor_service(sdep, name)
    if not names.is_service_name(service):
        raise Refused(
            f"{where}: {service!r} cannot be the name of a Service: a letter first, then letters, digits, dashes."
        )
    replicas = as_number(raw.get("replicas"), f"{where}.replicas", replicas, 0, 1000)
    shadow = raw.get("shadow")
    if shadow not in (None, True, False):
        raise Refused(f"{where}.shadow must be true or false.")
    return Predictor(
        name=name,
        unit=unit,
        pod_spec=pod,
        replicas=as_number(component.get("replicas"), f"{place}.replicas", replicas, 0, 1000),
        traffic=as_number(raw.get("traffic"), f"{where}.traffic", 0, 0, 100),
        shadow=bool(shadow),
        progress_deadline=as_number(
            raw.get("progressDeadlineSeconds"), f"{where}.progressDeadlineSeconds", 600, 2, 86400
        ),
        grace=as_number(pod.get(GRACE), f"{place}.spec.{GRACE}", 20, 0, 86400),
        service=service,
        deployment=names.deployment(sdep, name, 0, pod_name, container_names),
        container_service=names.container_service(sdep, name, unit.name),
        labels={"version": name, **as_texts(raw.get("labels"), f"{where}.labels")},
        annotations=annotations,
        pod_labels=as_texts(meta.get("labels"), f"{place}.metadata.labels"),
        pod_annotations=as_texts(meta.get("annotations"), f"{place}.metadata.annotations"),
    )


def _component(raw: Obj, where: str) -> Obj:
    components = as_objects(raw.get("componentSpecs"), f"{where}.componentSpecs")
    if len(components) != 1:
        raise Refused(
            f"{where}.componentSpecs has {len(components)} entries: the compact edition needs exactly one, "
            "with the container of the graph's unit."
        )
    refuse(unsupported.in_component(components[0], f"{where}.componentSpecs[0]"))
    return components[0]


def _unit(graph: Obj, containers: list[Obj], container_names: list[str], where: str) -> Unit:
    name = as_text(graph.get("name"), f"{where}.graph.name")
    if not name:
        raise Refused(f"{where}.graph.name is missing: it names the container that answers.")
    if len(set(container_names)) < len(container_names):
        raise Refused(f"{where}.componentSpecs[0].spec.containers: every container needs a name of its own.")
    if name not in container_names:
        has = ", ".join(n for n in container_names if n) or "none"
        raise Refused(f"{where}.graph.name {name!r} must be the name of a container in componentSpecs (there: {has}).")
    index = container_names.index(name)
    place = f"{where}.componentSpecs[0].spec"
    as_objects(containers[index].get("volumeMounts"), f"{place}.containers[{index}].volumeMounts")
    for item in as_objects(containers[index].get("env"), f"{place}.containers[{index}].env"):
        as_text(item.get("name"), f"{place}.containers[{index}].env: name")
    others = ports.taken([(f"{place}.containers[{i}]", c) for i, c in enumerate(containers) if i != index])
    http, grpc, metrics = ports.choose(graph, containers[index], others, f"{place}.containers[{index}]")
    return Unit(name, _parameters(graph, f"{where}.graph.parameters"), http, grpc, metrics)


def _parameters(graph: Obj, where: str) -> tuple[Obj, ...]:
    found = []
    for index, raw in enumerate(as_objects(graph.get("parameters"), where)):
        place = f"{where}[{index}]"
        name, kind = as_text(raw.get("name"), f"{place}.name"), as_text(raw.get("type"), f"{place}.type")
        if not name:
            raise Refused(f"{place}.name is missing.")
        if kind not in _PARAMETER_TYPES:
            raise Refused(f"{place}.type {kind!r} must be one of {', '.join(_PARAMETER_TYPES)}.")
        found.append({"name": name, "value": as_text(raw.get("value"), f"{place}.value"), "type": kind})
    return tuple(found)
