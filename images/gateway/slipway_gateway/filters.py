"""The HTTP filters that a Module `ambassador` asks for; they come before all others, as upstream has them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from slipway_gateway.bootstrap import TYPE, typed
from slipway_gateway.model import Json
from slipway_gateway.reader import Reader

_HTTP = "envoy.extensions.filters.http"
_GZIP = "envoy.extensions.compression.gzip.compressor.v3.Gzip"
_STRATEGIES = ("DEFAULT", "FILTERED", "HUFFMAN", "RLE")
_LEVELS = ("DEFAULT", "BEST", "SPEED")
_PEERS = {"peer": "direct_remote_ip", "remote": "remote_ip"}


def read(spec: Reader) -> Iterator[Json]:
    """The filters in order; ``spec`` is the Module's config."""
    if spec.flag("enable_grpc_http11_bridge"):
        yield typed("envoy.filters.http.grpc_http1_bridge", f"{_HTTP}.grpc_http1_bridge.v3.Config")
    if spec.flag("enable_grpc_web"):
        yield typed("envoy.filters.http.grpc_web", f"{_HTTP}.grpc_web.v3.GrpcWeb")
    if spec.has("grpc_stats"):
        yield _grpc_stats(spec.nested("grpc_stats"))
    script = spec.raw("lua_scripts")
    if isinstance(script, str) and script:
        code = {"inline_string": script}
        yield typed("envoy.filters.http.lua", f"{_HTTP}.lua.v3.Lua", default_source_code=code)
    elif script is not None:
        spec.expected("lua_scripts", "a string", script)
    if spec.has("gzip"):
        yield _gzip(spec.nested("gzip"))
    if spec.has("buffer"):
        size = spec.nested("buffer").integer("max_request_bytes", 1)
        if size is None:
            spec.fault("buffer.max_request_bytes", "is required")
        yield typed("envoy.filters.http.buffer", f"{_HTTP}.buffer.v3.Buffer", max_request_bytes=size)
    if spec.has("ip_allow") and spec.has("ip_deny"):
        spec.fault("ip_deny", "cannot be together with ip_allow")
    for name, action in (("ip_allow", "ALLOW"), ("ip_deny", "DENY")):
        if spec.has(name):
            yield _addresses(spec, name, action)


def _grpc_stats(spec: Reader) -> Json:
    options: Json = {"enable_upstream_stats": spec.flag("upstream_stats")}
    if spec.has("services"):
        services = [
            {"name": item.text("name"), "method_names": item.texts("method_names")} for item in spec.objects("services")
        ]
        options["individual_method_stats_allowlist"] = {"services": services}
    else:
        options["stats_for_all_methods"] = spec.flag("all_methods")
    return typed("envoy.filters.http.grpc_stats", f"{_HTTP}.grpc_stats.v3.FilterConfig", **options)


def _gzip(spec: Reader) -> Json:
    library: Json = {
        name: value
        for name, low, high in (("memory_level", 1, 9), ("window_bits", 9, 15))
        if (value := spec.integer(name, low, high)) is not None
    }
    if level := spec.choice("compression_level", _LEVELS):
        library["compression_level"] = {"DEFAULT": "DEFAULT_COMPRESSION", "BEST": "BEST_COMPRESSION"}.get(
            level, "BEST_SPEED"
        )
    if strategy := spec.choice("compression_strategy", _STRATEGIES):
        library["compression_strategy"] = {"DEFAULT": "DEFAULT_STRATEGY", "HUFFMAN": "HUFFMAN_ONLY"}.get(
            strategy, strategy
        )
    common: Json = {}
    if (length := spec.integer("min_content_length")) is not None:
        common["min_content_length"] = length
    if types := spec.texts("content_type"):
        common["content_type"] = types
    flags = {name: True for name in ("disable_on_etag_header", "remove_accept_encoding_header") if spec.flag(name)}
    return typed(
        "envoy.filters.http.compressor",
        f"{_HTTP}.compressor.v3.Compressor",
        compressor_library={
            "name": "envoy.compression.gzip.compressor",
            "typed_config": {"@type": TYPE + _GZIP, **library},
        },
        response_direction_config={"common_config": common, **flags},
    )


def _addresses(spec: Reader, name: str, action: str) -> Json:
    """`peer` is who connects, `remote` whom the proxies before us name."""
    found: list[Json] = []
    for item in spec.objects(name):
        if len(item.value) != 1 or not set(item.value) <= set(_PEERS):
            spec.fault(name, "each entry has one of peer and remote")
            continue
        (kind,) = item.value
        try:
            network = ipaddress.ip_network(item.text(kind), strict=False)
        except ValueError as error:
            spec.fault(name, str(error))
            continue
        range_ = {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}
        found.append({_PEERS[kind]: range_})
    policy = {"permissions": [{"any": True}], "principals": [{"or_ids": {"ids": found}}] if found else [{"any": True}]}
    rules = {"action": action, "policies": {f"ambassador-ip-{action.lower()}": policy}}
    if not found:
        spec.fault(name, "has no address")
    return typed("envoy.filters.http.rbac", f"{_HTTP}.rbac.v3.RBAC", rules=rules)
