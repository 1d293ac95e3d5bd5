"""From one entry of spec.predictors to a Predictor, or to the reasons why not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from slipway_seldon import annotations as notes
from slipway_seldon import names, parse_components, parse_graph, parse_orchestrator, servers, unsupported
from slipway_seldon.model import Component, Orchestrator, Predictor, Unit
from slipway_seldon.options import Options
from slipway_seldon.refusal import Reader, Refused, refuse


@dataclass(frozen=True)
class Whole:
    """What all predictors of a SeldonDeployment share; ``replicas`` is the default."""

    name: str
    namespace: str
    annotations: dict[str, str]
    protocol: str
    replicas: int
    options: Options


def predictor(raw: Reader, whole: Whole) -> Predictor:
    """Read one predictor. Raises Refused."""
    where = raw.where.rstrip(".")
    name, own, shadow = raw.text("name"), raw.strings("annotations"), raw.flag("shadow")
    readers: dict[str, Reader] = {}
    graph = parse_graph.unit(raw.nested("graph"), readers)
    raw.finish()
    annotations = {**whole.annotations, **own}
    refuse(
        [
            *unsupported.in_predictor(raw.value, where),
            *unsupported.in_annotations(own, f"{where}.annotations"),
            *(f for u in graph.walk() for f in parse_graph.faults(u, readers[u.name].where[:-1], whole.protocol)),
        ]
    )
    if not names.is_dns_label(name):
        raise Refused(f"{where}.name {name!r} must be lower case letters, digits and dashes, at most 63.")
    replicas = raw.number("replicas", whole.replicas, 0, 1000)
    parts = parse_components.parts(raw, graph)
    asked = tuple(parse_orchestrator.reasons(raw, annotations, graph, len(parts), whole.protocol))
    orchestrator, no_engine = None, notes.true(annotations, notes.NO_ENGINE)
    others = (parse_orchestrator.HTTP, parse_orchestrator.GRPC) if asked and not no_engine else ()
    graph = parse_components.placed(graph, parts, readers, others)
    components = tuple(
        parse_components.component(part, index, whole.name, name, graph, replicas) for index, part in enumerate(parts)
    )
    raw.finish()
    refuse(servers.faults(graph, components, readers, whole.protocol, whole.options))
    if no_engine:
        parse_orchestrator.without(asked, where)
    elif asked:
        arguments = (raw, annotations, asked, components, whole.name, replicas, whole.options)
        orchestrator = parse_orchestrator.read(*arguments)
    graph = _addressed(graph, orchestrator, whole, name)
    found = Predictor(
        name=name,
        graph=graph,
        components=tuple(_with_units(c, i, graph) for i, c in enumerate(components)),
        orchestrator=orchestrator,
        no_engine=no_engine,
        traffic=raw.number("traffic", 0, 0, 100),
        shadow=shadow,
        progress_deadline=raw.number("progressDeadlineSeconds", 600, 2, 86400),
        service=_service(own, whole.name, name, where),
        routing=notes.routing(annotations, whole.name),
        labels={"version": name, **raw.strings("labels")},
        annotations=own,
    )
    raw.finish()
    return found


def _addressed(unit: Unit, orchestrator: Orchestrator | None, whole: Whole, predictor: str) -> Unit:
    """The graph with the host of every unit, as the orchestrator sees it."""
    children = tuple(_addressed(child, orchestrator, whole, predictor) for child in unit.children)
    if orchestrator is None or unit.component in (None, orchestrator.home):
        return replace(unit, children=children)
    service = names.container_service(whole.name, predictor, unit.name)
    return replace(unit, children=children, host=f"{service}.{whole.namespace}.svc.cluster.local")


def _with_units(component: Component, index: int, graph: Unit) -> Component:
    return replace(component, units=tuple(u for u in graph.walk() if u.component == index))


def _service(own: dict[str, str], sdep: str, predictor: str, where: str) -> str:
    service = own.get(notes.SERVICE_NAME) or names.predictor_service(sdep, predictor)
    if not names.is_service_name(service):
        raise Refused(
            f"{where}: {service!r} cannot be the name of a Service: a letter first, then letters, digits, dashes."
        )
    return service
