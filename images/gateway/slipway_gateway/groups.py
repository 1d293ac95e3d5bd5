"""Mappings that match the same requests: how they share them by weight, shadow them, redirect them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from slipway_gateway.model import Route, Source


@dataclass(frozen=True)
class Share:
    """One route of a group; ``upto`` is the cumulative percentage of the group's requests that it or one before it
    takes: Envoy asks the routes in order, with the same random number."""

    route: Route
    upto: int
    shadow: Route | None = None


@dataclass(frozen=True)
class Group:
    """The shares in the order in which Envoy asks them, and why Mappings of the group are not among them."""

    shares: tuple[Share, ...]
    refused: dict[Source, str]


def grouped(routes: Iterable[Route]) -> list[Group]:
    """The groups, the most specific first."""
    found: dict[tuple[object, ...], list[Route]] = defaultdict(list)
    for route in sorted(routes, key=lambda route: route.source):
        found[route.group].append(route)
    ordered = sorted(found.values(), key=lambda members: members[0].rank, reverse=True)
    return [_group(members) for members in ordered]


def _group(members: list[Route]) -> Group:
    refused: dict[Source, str] = {}
    shadows = [route for route in members if route.shadow]
    redirects = [route for route in members if route.redirect]
    plain = [route for route in members if not route.shadow and not route.redirect]
    for other in shadows[1:]:
        refused[other.source] = f"a second shadow after {shadows[0].source}"
    for other in redirects[1:]:
        refused[other.source] = f"a second host_redirect after {redirects[0].source}"
    if redirects:
        for other in (*plain, *shadows[:1]):
            refused[other.source] = f"{redirects[0].source} redirects the same requests"
        return Group((Share(redirects[0], 100),), refused)
    if shadows and not plain:
        refused[shadows[0].source] = "there is no Mapping of the same requests to shadow"
        return Group((), refused)
    shares, why = _shares(plain, shadows[0] if shadows else None)
    if why:
        refused |= {route.source: why for route in (*plain, *shadows[:1])}
    return Group(tuple(shares), refused)


def _shares(routes: list[Route], shadow: Route | None) -> tuple[list[Share], str]:
    """Weighted ones first; those without a weight share the rest equally. As upstream: one alone has everything,
    whatever its weight (a canary that outlived the stable one); over 100 none is served."""
    if len(routes) == 1:
        return [Share(routes[0], 100, shadow)], ""
    weighted = [(route, route.weight) for route in routes if route.weight is not None]
    rest = [route for route in routes if route.weight is None]
    total = sum(weight for _, weight in weighted)
    if total > 100:
        names = ", ".join(f"{route.name} {weight}" for route, weight in weighted[:10])
        return [], f"the weights of the Mappings of the same requests are {total} together, over 100: {names}"
    shares, upto = [], 0
    for route, weight in weighted:
        upto += weight
        shares.append(Share(route, upto, shadow))
    for number, route in enumerate(rest, start=1):
        shares.append(Share(route, total + (100 - total) * number // len(rest), shadow))
    return shares, ""
