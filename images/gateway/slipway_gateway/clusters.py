"""From a Mapping's options to Envoy's Cluster."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence

from slipway_gateway import health, service
from slipway_gateway.model import Faulty, Json, Target, Upstream
from slipway_gateway.reader import Reader

#: Shorter than the keep-alive time of common servers (gunicorn: 2 s), so that a connection which a server is about to
#: close is not taken for a request.
IDLE_TIMEOUT = "1.500s"
DEFAULT_CONNECT_TIMEOUT = "3.000s"

_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_TLS_CONTEXT = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
_LIMITS = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
_HASHING = ("ring_hash", "maglev")


def read_upstream(spec: Reader, target: Target, context: Callable[[str], Json]) -> Upstream:
    """How a Mapping's requests reach their target. ``context`` gives Envoy's UpstreamTlsContext of a TLSContext's name;
    it raises Faulty."""
    common: Json = {"idle_timeout": spec.millis("cluster_idle_timeout_ms") or IDLE_TIMEOUT}
    if lifetime := spec.millis("cluster_max_connection_lifetime_ms"):
        common["max_connection_duration"] = lifetime
    protocol = "http2_protocol_options" if spec.flag("grpc") else "http_protocol_options"
    cluster: Json = {
        "connect_timeout": spec.millis("connect_timeout_ms") or DEFAULT_CONNECT_TIMEOUT,
        "typed_extension_protocol_options": {
            _HTTP_OPTIONS: {
                "@type": f"type.googleapis.com/{_HTTP_OPTIONS}",
                "common_http_protocol_options": common,
                "explicit_http_config": {protocol: {}},
            }
        },
    }
    if cluster["connect_timeout"] == "0.000s":
        spec.fault("connect_timeout_ms", "is greater than 0")
    if name := spec.text("stats_name"):
        cluster["alt_stat_name"] = name
    if (wanted := _wanted_tls(spec, context)) is not None or target.tls:
        cluster["transport_socket"] = _tls(spec.text("host_rewrite") or target.host, wanted or {})
    if (policy := _policy(spec)) != "round_robin":
        cluster["lb_policy"] = policy.upper()
    if breakers := _circuit_breakers(spec):
        cluster["circuit_breakers"] = {"thresholds": breakers}
    if checks := health.read(spec):
        cluster["health_checks"] = checks
    if keepalive := _keepalive(spec):
        cluster["upstream_connection_options"] = {"tcp_keepalive": keepalive}
    return Upstream(cluster, _dns(spec), spec.text("cluster_tag"))


def _wanted_tls(spec: Reader, context: Callable[[str], Json]) -> Json | None:
    """`tls`: true originates TLS; a name is a TLSContext's. None: nothing is said."""
    value = spec.raw("tls")
    if value in (None, False, ""):
        return None
    if isinstance(value, str):
        try:
            return context(value)
        except Faulty as fault:
            spec.fault("tls", str(fault))
    elif value is not True:
        spec.expected("tls", "true or the name of a TLSContext", value)
    return {}


def _tls(host: str, context: Json) -> Json:
    """Without a TLSContext that has a `ca_secret` the certificate is not verified, as upstream does it."""
    name = host.partition(":")[0]
    known = {"sni": name} if name and not service.is_address(name) and len(name) <= 255 else {}
    return {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": _TLS_CONTEXT, **known, **context}}


def _policy(spec: Reader) -> str:
    balancer = spec.nested("load_balancer")
    return balancer.choice("policy", ("round_robin", "least_request", *_HASHING), "round_robin")


def read_hash_policy(spec: Reader) -> list[Json]:
    """What ring_hash and maglev hash: a cookie, a header or the source's address."""
    balancer = spec.nested("load_balancer")
    header, cookie = balancer.text("header"), balancer.mapping("cookie")
    source = balancer.flag("source_ip")
    given = sum((bool(header), bool(cookie), source))
    if balancer.text("policy") not in _HASHING:
        if given:
            balancer.fault("policy", "ring_hash or maglev is needed to balance by cookie, header or source_ip")
        return []
    if given != 1:
        balancer.fault("policy", "needs one of cookie, header and source_ip")
    if header:
        balancer.header_name("header", header, pseudo=True)
        return [{"header": {"header_name": header}}]
    if cookie:
        reader = balancer.nested("cookie")
        found: Json = {"name": reader.text("name")}
        reader.header_name("name", found["name"])
        if path := reader.text("path"):
            found["path"] = path
        if ttl := reader.duration("ttl"):
            found["ttl"] = ttl
        return [{"cookie": found}]
    return [{"connection_properties": {"source_ip": True}}]


def _circuit_breakers(spec: Reader) -> list[Json]:
    found: dict[str, Json] = {}
    for reader in spec.objects("circuit_breakers"):
        priority = reader.choice("priority", ("default", "high"), "default")
        limits = {name: value for name in _LIMITS if (value := reader.integer(name)) is not None}
        if priority in found:
            reader.fault("priority", f"{priority} is given twice")
        found[priority] = {"priority": priority.upper(), **limits}
    return list(found.values())


def _keepalive(spec: Reader) -> Json:
    reader = spec.nested("keepalive")
    names = {"time": "keepalive_time", "interval": "keepalive_interval", "probes": "keepalive_probes"}
    return {theirs: value for ours, theirs in names.items() if (value := reader.integer(ours, 1, 32767)) is not None}


def _dns(spec: Reader) -> Json:
    """Options that count only where the target is looked up by DNS."""
    kind = spec.choice("dns_type", ("strict_dns", "logical_dns"), "strict_dns")
    ipv4, ipv6 = spec.flag("enable_ipv4", True), spec.flag("enable_ipv6", False)
    if not (ipv4 or ipv6):
        spec.fault("enable_ipv4", "one of enable_ipv4 and enable_ipv6 is needed")
    family = "V4_ONLY" if not ipv6 else "AUTO" if ipv4 else "V6_ONLY"
    ttl = {"respect_dns_ttl": True} if spec.flag("respect_dns_ttl") else {}
    return {"type": kind.upper(), "dns_lookup_family": family, **ttl}


def build(target: Target, upstream: Upstream, discovery: str, dns_name: str) -> Json:
    """The whole Cluster. ``discovery`` is EDS, STATIC or DNS; ``dns_name`` is what DNS is asked for.

    The name carries a digest of everything else: a cluster of one name never changes, so that an update of the
    routes never meets a cluster that is half theirs.
    """
    body = upstream.options | (upstream.dns if discovery == "DNS" else {"type": discovery})
    hosts = {"DNS": [(dns_name, target.port)], "STATIC": [(target.host, target.port)]}.get(discovery, [])
    digest = hashlib.sha256(json.dumps([body, hosts, target.host, target.port], sort_keys=True).encode()).hexdigest()
    place = re.sub(r"[^a-z0-9]+", "_", f"cluster_{upstream.tag}_{target.host}_{target.port}".lower())
    name = f"{place[:80]}_{digest[:10]}"
    return {"name": name, **body, **({"load_assignment": assignment(name, hosts, target.host)} if hosts else {})}


def assignment(name: str, addresses: Sequence[tuple[str, int]], host: str) -> Json:
    """Envoy's ClusterLoadAssignment of (address, port) pairs; ``host`` is what `auto_host_rewrite` says to them."""
    hosts = [
        {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}, "hostname": host}}
        for address, port in addresses
    ]
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": hosts}] if hosts else []}
