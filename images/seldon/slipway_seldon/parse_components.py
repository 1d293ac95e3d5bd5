"""From a predictor's componentSpecs to Pods, each with the units whose containers it has."""

from __future__ import annotations

from dataclasses import dataclass, replace

from slipway_seldon import autoscale, names, ports
from slipway_seldon.model import Component, Unit
from slipway_seldon.refusal import Reader, Refused, refuse


@dataclass(frozen=True)
class Part:
    """A componentSpec as it is written, and its place among them. ``added`` are containers that servers by name bring
    with them."""

    raw: Reader
    pod: Reader
    containers: tuple[Reader, ...]
    index: int = 0
    added: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Its containers' names, in order."""
        return [*(c.text("name") for c in self.containers), *self.added]


def parts(raw: Reader, graph: Unit) -> list[Part]:
    """Read componentSpecs, and add containers for servers by name that have none. Raises Refused."""
    found = []
    for index, component in enumerate(raw.objects("componentSpecs")):
        pod = component.nested("spec")
        containers = pod.objects("containers")
        pod.objects("volumes"), pod.objects("initContainers")
        for container in containers:
            container.text("name"), container.objects("volumeMounts")
            for item in container.objects("env"):
                item.text("name")
        found.append(Part(component, pod, tuple(containers), index))
    raw.finish()
    for part in found:
        if len(set(part.names)) < len(part.names):
            raise Refused(f"{part.pod.where}containers: every container needs a name of its own.")
    there = [name for part in found for name in part.names]
    twice = sorted({u.name for u in graph.walk() if there.count(u.name) > 1})
    if twice:
        raise Refused(
            f"{raw.where}componentSpecs: two have a container {', '.join(twice)}, which a unit is named after."
        )
    servers = tuple(u.name for u in graph.walk() if u.server and u.name not in there)
    if servers:
        empty = Reader({}, f"{raw.where}componentSpecs[0].", raw.faults)
        first = found[0] if found else Part(empty, empty.nested("spec"), ())
        found = [replace(first, added=servers), *found[1:]]
    return [part for part in found if part.names]


def placed(graph: Unit, found: list[Part], readers: dict[str, Reader], reserved: tuple[int, ...]) -> Unit:
    """The graph with the place and the ports of every unit; ``reserved`` are somebody else's. Raises Refused with each
    unit that has no container."""
    written, added = [c for part in found for c in part.containers], [n for part in found for n in part.added]
    starts = ports.firsts(written, added, readers)
    places: dict[str, tuple[int, ports.Ports]] = {}
    for index, part in enumerate(found):
        places.update(
            {
                name: (index, given)
                for name, given in ports.of_pod(part.containers, part.added, readers, starts, reserved).items()
            }
        )
    reasons = [
        f"{readers[unit.name].where}name {unit.name!r} must be the name of a container in componentSpecs "
        f"(there: {', '.join(n for part in found for n in part.names if n) or 'none'})."
        for unit in graph.walk()
        if unit.name not in places and not unit.builtin
    ]
    refuse(reasons)
    return _bound(graph, places)


def _bound(unit: Unit, places: dict[str, tuple[int, ports.Ports]]) -> Unit:
    children = tuple(_bound(child, places) for child in unit.children)
    if unit.name not in places or unit.builtin:
        return replace(unit, children=children)
    index, given = places[unit.name]
    http, grpc, metrics = given
    return replace(unit, children=children, component=index, http_port=http, grpc_port=grpc, metrics_port=metrics)


def component(part: Part, index: int, sdep: str, predictor: str, graph: Unit, replicas: int) -> Component:
    """One Pod of the predictor; ``replicas`` is the default. Faults are left in the readers'."""
    raw, pod = part.raw, part.pod
    meta = raw.nested("metadata")
    hpa, keda, pdb = autoscale.read(raw)
    count = raw.number("replicas", replicas, 0, 1000)
    name = names.deployment(sdep, predictor, part.index, meta.text("name"), part.names)
    return Component(
        deployment=name,
        pod_spec={**pod.value, "containers": [*(c.value for c in part.containers), *({"name": n} for n in part.added)]},
        replicas=None if hpa or keda else count,
        grace=pod.number("terminationGracePeriodSeconds", 20, 0, 86400),
        units=tuple(u for u in graph.walk() if u.component == index),
        hpa=None if keda else hpa,
        keda=keda,
        pdb=pdb,
        labels=meta.strings("labels"),
        annotations=meta.strings("annotations"),
    )
