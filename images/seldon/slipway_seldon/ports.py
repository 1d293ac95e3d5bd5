"""A unit's ports: named ports of its container win, then the endpoint's, then 9000, 9500 and 6000 upwards."""

from __future__ import annotations

from slipway_seldon.refusal import Obj, Refused, as_number, as_object, as_objects, as_text

#: Where upstream's operator begins to count.
FIRST = {"http": 9000, "grpc": 9500, "metrics": 6000}


def declared(container: Obj, where: str) -> list[tuple[str, int]]:
    """The (name, number) of each of a container's TCP ports, name "" where there is none. Raises Refused."""
    found = []
    for index, port in enumerate(as_objects(container.get("ports"), f"{where}.ports")):
        place = f"{where}.ports[{index}]"
        number = as_number(port.get("containerPort"), f"{place}.containerPort", 0, 1, 65535)
        name = as_text(port.get("name"), f"{place}.name")
        if port.get("protocol") in (None, "", "TCP"):
            found.append((name, number))
    return found


def taken(others: list[tuple[str, Obj]]) -> set[int]:
    """The ports of the unit's neighbours in its Pod, given as (where, container). Raises Refused.

    A Service finds a port by its name, in any container of the Pod: the unit's names may not be used twice.
    """
    numbers = set()
    for where, container in others:
        for name, number in declared(container, where):
            if name in FIRST:
                raise Refused(f"{where}: a port named {name!r} may only be in the container of the graph's unit.")
            numbers.add(number)
    return numbers


def choose(unit: Obj, container: Obj, others: set[int], where: str) -> tuple[int, int, int]:
    """The (http, grpc, metrics) ports of a unit; ``others`` are in use in its Pod. Raises Refused."""
    endpoint = as_object(unit.get("endpoint"), f"{where}.endpoint")
    own = declared(container, where)
    wishes = {
        "http": endpoint.get("httpPort") or endpoint.get("service_port"),
        "grpc": endpoint.get("grpcPort"),
        "metrics": None,
    }
    chosen: list[int] = []
    for name, first in FIRST.items():
        port = next((number for used, number in own if used == name), 0)
        port = port or as_number(wishes[name] or None, f"{where}: the endpoint's {name} port", 0, 1, 65535)
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
