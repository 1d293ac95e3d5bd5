"""A unit's ports: named ports of its container win, then the endpoint's, then 9000, 9500 and 6000 upwards, counted over
a predictor's containers as upstream's operator does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slipway_controller.reader import Obj

from slipway_seldon.refusal import Reader, Refused

#: Where upstream's operator begins to count.
FIRST = {"http": 9000, "grpc": 9500, "metrics": 6000}
#: The (http, grpc, metrics) ports of a unit.
Ports = tuple[int, int, int]


def declared(container: Reader) -> list[tuple[str, int]]:
    """The (name, number) of each of a container's TCP ports, name "" where there is none. Raises Refused."""
    found = []
    for port in container.objects("ports"):
        number, name = port.number("containerPort", 0, 1, 65535), port.text("name")
        if port.raw("protocol") in (None, "", "TCP"):
            found.append((name, number))
    container.finish()
    return found


def firsts(containers: Iterable[Reader], added: Iterable[str], units: dict[str, Reader]) -> dict[str, Ports]:
    """Where the ports of each container of a predictor are looked for, by name. Raises Refused."""
    found: dict[str, Ports] = {}
    metrics = FIRST["metrics"]
    for name, own in [*((c.text("name"), declared(c)) for c in containers), *((name, []) for name in added)]:
        found[name] = (FIRST["http"] + len(found), FIRST["grpc"] + len(found), metrics)
        metrics += name in units and all(used != "metrics" for used, _ in own)
    return found


def of_pod(
    containers: Sequence[Reader],
    added: Iterable[str],
    units: dict[str, Reader],
    starts: dict[str, Ports],
    reserved: Iterable[int] = (),
) -> dict[str, Ports]:
    """The ports of every unit of a Pod, by name: what containers declare is theirs, and the rest is counted up from
    ``starts``; nobody is given what is ``reserved``. Raises Refused."""
    known = {c.text("name"): declared(c) for c in containers}
    places = {c.text("name"): c.where.rstrip(".") for c in containers}
    inside = {name for name in (*known, *added) if name in units}
    for name, own in known.items():
        for port, _ in own:
            # A Service finds a port by its name, in any container of the Pod.
            if name not in inside and port in FIRST:
                raise Refused(f"{places[name]}: a port named {port!r} may only be in the container of a graph's unit.")
    given: dict[str, Ports] = {}
    for name in (*known, *added):
        if name not in inside:
            continue
        others = {number for other, own in known.items() if other != name for _, number in own}
        used = others | {number for ports in given.values() for number in ports}
        where = places.get(name, units[name].where.rstrip("."))
        given[name] = choose(units[name], where, known.get(name, []), used, starts[name], set(reserved))
    return given


def choose(
    unit: Reader, where: str, own: list[tuple[str, int]], others: set[int], start: Ports, reserved: set[int]
) -> Ports:
    """The ports of a unit whose container declares ``own``; ``others`` are in use in its Pod. Raises Refused."""
    endpoint = unit.nested("endpoint")
    grpc = endpoint.raw("type") == "GRPC"
    wishes = {
        "http": "httpPort" if endpoint.raw("httpPort") else "" if grpc else "service_port",
        "grpc": "grpcPort" if endpoint.raw("grpcPort") else "service_port" if grpc else "",
    }
    chosen: list[int] = []
    for name, first in zip(FIRST, start, strict=True):
        port = next((number for used, number in own if used == name), 0)
        wish = wishes.get(name, "")
        wished = endpoint.number(wish, 0, 1, 65535) if wish and endpoint.raw(wish) else 0
        unit.finish()
        taken = others.union(chosen)
        # Upstream takes no notice of an endpoint's ports: where they cannot be, they are counted up, too.
        free = 0 if wished in taken | reserved else wished
        port = port or free or next(p for p in range(first, 65536) if p not in taken)
        if port in taken:
            raise Refused(f"{where}: the {name} port {port} is already taken in this Pod.")
        other = next((used for used, number in own if number == port and used not in ("", name)), "")
        if other:
            raise Refused(f"{where}: port {port} is named {other!r}, but is the {name} port; name it {name!r}.")
        chosen.append(port)
    return chosen[0], chosen[1], chosen[2]


def complete(container: Obj, wanted: dict[str, int]) -> list[Obj]:
    """The container's ``ports`` with the unit's in it: an unnamed one of the same number gets the name."""
    ports: list[Obj] = [dict(port) for port in container.get("ports") or []]
    for name, number in wanted.items():
        same = [p for p in ports if p.get("containerPort") == number and p.get("protocol") in (None, "", "TCP")]
        if same:
            same[0]["name"] = name
        else:
            ports.append({"name": name, "containerPort": number, "protocol": "TCP"})
    return ports
