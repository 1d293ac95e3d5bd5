"""The Module `ambassador`: settings of the whole gateway, and what Mappings have that do not say otherwise.

Source of the keys: Emissary's Module, https://www.getambassador.io/docs/emissary/latest/topics/running/ambassador
"""

from __future__ import annotations

from dataclasses import dataclass, field

from slipway_gateway import filters
from slipway_gateway.bootstrap import typed
from slipway_gateway.model import Document, Json
from slipway_gateway.reader import Reader

_FLAGS = ("use_remote_address", "preserve_external_request_id", "strip_matching_host_port", "merge_slashes")
_FORWARD = ("SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY")
_UNDERSCORES = ("ALLOW", "REJECT_REQUEST", "DROP_HEADER")
#: Keys of the Module that are fields of a Mapping which does not have them.
_DEFAULTS = {
    "add_linkerd_headers": "add_linkerd_headers",
    "circuit_breakers": "circuit_breakers",
    "cluster_idle_timeout_ms": "cluster_idle_timeout_ms",
    "cluster_max_connection_lifetime_ms": "cluster_max_connection_lifetime_ms",
    "cluster_request_timeout_ms": "timeout_ms",
    "cors": "cors",
    "enable_ipv4": "enable_ipv4",
    "enable_ipv6": "enable_ipv6",
    "keepalive": "keepalive",
    "load_balancer": "load_balancer",
    "remove_request_headers": "remove_request_headers",
    "remove_response_headers": "remove_response_headers",
    "resolver": "resolver",
    "retry_policy": "retry_policy",
}
_PROXY = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"


@dataclass(frozen=True)
class Settings:
    """``first`` are HTTP filters; ``manager``, ``router`` and ``listener`` fields of Envoy's HttpConnectionManager,
    Router and Listener; ``defaults`` fields of Mappings; ``to_https``: who came to a proxy before us without TLS
    is sent back with it; ``labels`` are for every request, by domain; ``unknown`` the keys without an effect."""

    first: tuple[Json, ...] = ()
    manager: Json = field(default_factory=dict)
    router: Json = field(default_factory=dict)
    listener: Json = field(default_factory=dict)
    defaults: Json = field(default_factory=dict)
    to_https: bool = False
    domain: str = "ambassador"
    labels: Json = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def read(document: Document) -> Settings:
    """Raises Faulty with every fault of the object."""
    outer = Reader(document.spec)
    spec = outer.nested("config")
    defaults = {theirs: value for ours, theirs in _DEFAULTS.items() if (value := spec.raw(ours)) is not None}
    labels = {domain: _labels(spec.nested("default_labels"), domain) for domain in spec.mapping("default_labels")}
    found = Settings(
        first=tuple(filters.read(spec)),
        manager=_manager(spec),
        router={"suppress_envoy_headers": True} if spec.flag("suppress_envoy_headers") else {},
        listener=_listener(spec),
        defaults=defaults,
        to_https=spec.flag("x_forwarded_proto_redirect"),
        domain=spec.text("default_label_domain", "ambassador"),
        labels=labels,
        unknown=tuple(
            name for name in spec.unread() if not name.startswith(tuple(f"config.{key}." for key in _DEFAULTS))
        ),
    )
    spec.finish()
    return found


def _labels(spec: Reader, domain: str) -> list[Json]:
    return [reader.value for reader in spec.nested(domain).objects("defaults")]


def _listener(spec: Reader) -> Json:
    found: Json = {}
    if limit := spec.integer("buffer_limit_bytes", 1):
        found["per_connection_buffer_limit_bytes"] = limit
    if spec.flag("use_proxy_proto"):
        found["listener_filters"] = [typed("envoy.filters.listener.proxy_protocol", _PROXY)]
    return found


def _manager(spec: Reader) -> Json:
    found: Json = {name: spec.flag(name) for name in _FLAGS if spec.has(name)}
    for name, low, high in (("xff_num_trusted_hops", 0, 1000), ("max_request_headers_kb", 1, 8192)):
        if (value := spec.integer(name, low, high)) is not None:
            found[name] = value
    if name := spec.text("server_name"):
        found["server_name"] = name
    if spec.flag("reject_requests_with_escaped_slashes"):
        found["path_with_escaped_slashes_action"] = "REJECT_REQUEST"
    if forward := spec.choice("forward_client_cert_details", _FORWARD):
        found["forward_client_cert_details"] = forward
    if spec.has("set_current_client_cert_details"):
        details = spec.nested("set_current_client_cert_details")
        names = ("subject", "cert", "chain", "dns", "uri")
        found["set_current_client_cert_details"] = {name: True for name in names if details.flag(name)}
    return found | _protocol(spec) | _log(spec)


def _protocol(spec: Reader) -> Json:
    common: Json = {}
    if idle := spec.millis("listener_idle_timeout_ms"):
        common["idle_timeout"] = idle
    if action := spec.choice("headers_with_underscores_action", _UNDERSCORES):
        common["headers_with_underscores_action"] = action
    http: Json = {}
    if spec.flag("enable_http10"):
        http["accept_http_10"] = True
    if spec.flag("allow_chunked_length"):
        http["allow_chunked_length"] = True
    if spec.flag("proper_case"):
        http["header_key_format"] = {"proper_case_words": {}}
    elif names := spec.texts("header_case_overrides"):
        http["header_key_format"] = {"custom": {"rules": {name.lower(): name for name in names}}}
    found = {"common_http_protocol_options": common, "http_protocol_options": http}
    return {name: options for name, options in found.items() if options}


def _log(spec: Reader) -> Json:
    """Who says how the log is written wants every request in it."""
    kind = spec.choice("envoy_log_type", ("text", "json", "typed_json"), "text")
    path = spec.text("envoy_log_path", "/dev/fd/1")
    if path not in ("/dev/fd/1", "/dev/stdout"):
        spec.fault("envoy_log_path", "the log goes to /dev/fd/1, where the cluster collects it")
    if kind == "text":
        text = spec.raw("envoy_log_format")
        if text is None:
            return {}
        if not isinstance(text, str):
            spec.expected("envoy_log_format", "a string", text)
            return {}
        line: Json = {"text_format_source": {"inline_string": text.rstrip("\n") + "\n"}}
    else:
        line = {"json_format": spec.mapping("envoy_log_format")}
    stdout = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    return {"access_log": [typed("envoy.access_loggers.stdout", stdout, log_format=line)]}
