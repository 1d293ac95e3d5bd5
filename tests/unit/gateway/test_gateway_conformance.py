"""The table in conformance/: objects → routes and clusters as values, on which Emissary's own compiler agrees.

A row has ``mappings`` (name → spec), ``others`` (objects of other kinds) and what becomes of them in Envoy: ``routes``
in the order in which they are tried, ``clusters`` by host and port. Only what a user can notice is compared: names of
clusters and what every route has by default are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway_gateway.actions import DEFAULT_RETRY
from slipway_gateway.cluster_state import Cluster
from slipway_gateway.clusters import IDLE_TIMEOUT
from slipway_gateway.compiler import Compiled, compile_all
from slipway_gateway.model import RUNNING, Document, Json, Source

ROWS = [
    row
    for path in sorted((Path(__file__).parent / "conformance").glob("*.yaml"))
    for row in yaml.safe_load(path.read_text())
]
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_ACTION = (
    "timeout", "idle_timeout", "prefix_rewrite", "regex_rewrite", "host_rewrite_literal", "auto_host_rewrite",
    "hash_policy", "rate_limits", "priority",
)  # fmt: skip


def compiled(row: Json) -> Compiled:
    given = [(other["kind"], other["name"], other["spec"]) for other in row.get("others", [])]
    given += [("Mapping", name, {"hostname": "*", **spec}) for name, spec in row["mappings"].items()]
    return compile_all(
        [Document(Source(kind, "team", name), name, "team", spec) for kind, name, spec in given], Cluster()
    )


def route(found: Json, places: dict[str, str]) -> Json:
    """What a row says of a route."""
    match = found["match"]
    value: Json = {
        "match": {key: match[key] for key in ("prefix", "path", "safe_regex", "case_sensitive") if key in match}
    }
    for theirs, ours in (("headers", "headers"), ("query_parameters", "query")):
        if theirs in match:
            value["match"][ours] = sorted(match[theirs], key=lambda item: str(item["name"]))
    if "redirect" in found:
        value["redirect"] = found["redirect"]
    else:
        value |= _action_of(found["route"], places)
    if fraction := match.get("runtime_fraction"):
        value["upto"] = fraction["default_value"]["numerator"]
    for name in ("request_headers_to_add", "response_headers_to_add"):
        if name in found:
            added = [(item["header"], item.get("append_action", "APPEND").startswith("APPEND")) for item in found[name]]
            value[name] = sorted([header["key"], header["value"], append] for header, append in added)
    for name in ("request_headers_to_remove", "response_headers_to_remove"):
        if name in found:
            value[name] = sorted(found[name])
    filters = found.get("typed_per_filter_config", {})
    for name, key in (("envoy.filters.http.ext_authz", "auth"), ("envoy.filters.http.cors", "cors")):
        if name in filters:
            value[key] = {field: item for field, item in filters[name].items() if field != "@type"}
    return value


def _action_of(found: Json, places: dict[str, str]) -> Json:
    value: Json = {"to": places[found["cluster"]], **{key: found[key] for key in _ACTION if key in found}}
    if upgrades := found.get("upgrade_configs"):
        value["upgrades"] = sorted(item["upgrade_type"] for item in upgrades)
    if mirrors := found.get("request_mirror_policies"):
        value["shadows"] = [
            [places[item["cluster"]], item["runtime_fraction"]["default_value"]["numerator"]] for item in mirrors
        ]
    if found["retry_policy"] != DEFAULT_RETRY:
        value["retry"] = found["retry_policy"]
    return value


def place(found: Json) -> str:
    (end,) = found["load_assignment"]["endpoints"][0]["lb_endpoints"]
    address = end["endpoint"]["address"]["socket_address"]
    return f"{address['address']}:{address['port_value']}"


def cluster(found: Json) -> Json:
    """What a row says of a cluster."""
    value: Json = {"connect_timeout": found["connect_timeout"]}
    value |= {"lb_policy": found["lb_policy"]} if "lb_policy" in found else {}
    value |= {"stats": found["alt_stat_name"]} if "alt_stat_name" in found else {}
    if "circuit_breakers" in found:
        value["circuit_breakers"] = found["circuit_breakers"]["thresholds"]
    if "upstream_connection_options" in found:
        value["keepalive"] = found["upstream_connection_options"]["tcp_keepalive"]
    options = found["typed_extension_protocol_options"][_OPTIONS]
    common = options["common_http_protocol_options"]
    value |= {
        key: common[key]
        for key in ("idle_timeout", "max_connection_duration")
        if common.get(key, IDLE_TIMEOUT) != IDLE_TIMEOUT
    }
    value |= {"http2": True} if "http2_protocol_options" in options["explicit_http_config"] else {}
    value |= {"tls": found["transport_socket"]["typed_config"].get("sni", "")} if "transport_socket" in found else {}
    family = found.get("dns_lookup_family", "V4_ONLY")
    value |= {"family": family} if family != "V4_ONLY" else {}
    value |= {"type": found["type"]} if found["type"] == "LOGICAL_DNS" else {}
    return value


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_emissary_says_the_same(row: Any) -> None:
    found = compiled(row)
    assert {verdict.state for verdict in found.verdicts.values()} == {RUNNING}
    places = {name: place(item) for name, item in found.clusters.items()}
    health = 2
    routes = [route(item, places) for item in found.routes["virtual_hosts"][0]["routes"][health:]]
    assert routes == row["routes"]
    assert {places[name]: cluster(item) for name, item in found.clusters.items()} == row.get("clusters", {})


def test_the_table_has_every_row_once() -> None:
    names = [row["name"] for row in ROWS]
    assert len(names) == len(set(names)) > 100
