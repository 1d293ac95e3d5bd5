"""A unit's ports: named ports of its container win, then the endpoint's, then 9000, 9500 and 6000 upwards."""

from __future__ import annotations

from slipway_controller.reader import Obj

from slipway_seldon.refusal import Reader, Refused

#: Where upstream's operator begins to count.
FIRST = {"http": 9000, "grpc": 9500, "metrics": 6000}


def declared(container: Reader) -> list[tuple[str, int]]:
    """The (name, number) of each of a container's TCP ports, name "" where there is none. Raises Refused."""
    found = []
    for port in container.objects("ports"):
        number, name = port.number("containerPort", 0, 1, 65535), port.text("name")
        if port.raw("protocol") in (None, "", "TCP"):
            found.append((name, number))
    container.finish()
    return found


def taken(others: list[Reader]) -> set[int]:
    """The ports of the unit's neighbours in its Pod. Raises Refused.

    A Service finds a port by its name, in any container of the Pod: the unit's names may not be used twice.
    """
    numbers = set()
    for other in others:
        for name, number in declared(other):
            if name in FIRST:
                where = other.where.rstrip(".")
                raise Refused(f"{where}: a port named {name!r} may only be in the container of the graph's unit.")
            numbers.add(number)
    return numbers


def choose(unit: Reader, container: Reader, others: set[int]) -> tuple[int, int, int]:
    """The (http, grpc, metrics) ports of a unit; ``others`` are in use in its Pod. Raises Refused."""
    endpoint, where = unit.nested("endpoint"), container.where.rstrip(".")
    own = declared(container)
    wishes = {"http": "httpPort" if endpoint.raw("httpPort") else "service_port", "grpc": "grpcPort"}
    chosen: list[int] = []
    for name, first in FIRST.items():
        port = next((number for used, number in own if used == name), 0)
        wish = wishes.get(name, "")
        port = port or (endpoint.number(wish, 0, 1, 65535) if endpoint.raw(wish) else 0)
        unit.finish()
        port = port or next(p for p in range(first, 65536) if p not in others and p not in chosen)
        if port in others or port in chosen:
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
