"""`/ambassador/v0/diag/`: what is served, what is behind it, and what is not in force; for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from slipway_gateway.compiler import Compiled
from slipway_gateway.model import INACTIVE, Json, Source, Verdict

PATH = "/ambassador/v0/diag/"
_STYLE = (
    "body{font:15px/1.5 sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .8rem .3rem 0;"
    "border-bottom:1px solid #8886;vertical-align:top}code{overflow-wrap:anywhere}"
)


def overview(compiled: Compiled | None, verdicts: Mapping[Source, Verdict]) -> Json:
    """``routes`` in the order in which they are tried, ``services`` with their addresses, ``problems`` and ``remarks``
    with their reasons. Headers that routes add are not shown: they may be secrets."""
    routes = compiled.routes["virtual_hosts"][0]["routes"] if compiled else []
    said = {str(source): verdict.reason for source, verdict in sorted(verdicts.items()) if verdict.reason}
    faulty = {str(source) for source, verdict in verdicts.items() if verdict.state == INACTIVE}
    return {
        "synced": compiled is not None,
        "routes": [_route(route) for route in routes if not route["name"].startswith("/ambassador/")],
        "services": [_service(name, compiled) for name in sorted(compiled.clusters)] if compiled else [],
        "problems": {name: reason for name, reason in said.items() if name in faulty},
        "remarks": {name: reason for name, reason in said.items() if name not in faulty},
    }


def _route(route: Json) -> Json:
    match = dict(route["match"])
    fraction = match.pop("runtime_fraction", None)
    found = {"from": route["name"], "match": match}
    if "route" in route:
        found["service"] = route["route"]["cluster"]
    elif "redirect" in route:
        found["redirect"] = route["redirect"]
    if fraction:
        found["up_to_percent"] = fraction["default_value"]["numerator"]
    return found


def _service(name: str, compiled: Compiled) -> Json:
    cluster = compiled.clusters[name]
    known = compiled.endpoints.get(name) or cluster.get("load_assignment") or {"endpoints": []}
    ends = [end["endpoint"]["address"]["socket_address"] for item in known["endpoints"] for end in item["lb_endpoints"]]
    return {
        "service": name,
        "found_by": cluster["type"],
        "addresses": [f"{end['address']}:{end['port_value']}" for end in ends],
        "tls": "transport_socket" in cluster,
    }


def page(found: Json) -> str:
    """The same as HTML; everything in it was written by others, so everything is escaped."""
    state = "serves what the cluster says" if found["synced"] else "has not read the cluster yet"
    parts = [
        f"<!doctype html><meta charset=utf-8><title>Gateway</title><style>{_STYLE}</style>",
        f"<h1>Gateway</h1><p>It {state}. <a href='?json=true'>JSON</a></p>",
        _table("Problems", ("object", "why it is not in force"), list(found["problems"].items())),
        _table("Remarks", ("object", "remark"), list(found["remarks"].items())),
        _table("Routes", ("from", "requests", "to"), [_cells(route) for route in found["routes"]]),
        _table(
            "Services",
            ("service", "addresses"),
            [(item["service"], ", ".join(item["addresses"]) or "none") for item in found["services"]],
        ),
    ]
    return "".join(parts)


def _cells(route: Json) -> tuple[str, str, str]:
    match = dict(route["match"])
    path = next((f"{kind} {match.pop(kind)}" for kind in ("prefix", "path", "safe_regex") if kind in match), "")
    conditions = "; ".join(f"{name} {value}" for name, value in match.items())
    upto = f"; up to {route['up_to_percent']} %" if "up_to_percent" in route else ""
    return (
        route["from"],
        f"{path}; {conditions}".removesuffix("; ") + upto,
        str(route.get("service") or route.get("redirect", "")),
    )


def _table(title: str, names: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(name)}" for name in names)
    body = "".join("<tr>" + "".join(f"<td><code>{escape(cell)}</code>" for cell in row) for row in rows)
    return f"<h2>{escape(title)} ({len(rows)})</h2>" + (f"<table><tr>{head}{body}</table>" if rows else "")
