"""LogService and TracingService: who is told of requests that were served.

Source of the fields: Emissary's services, https://www.getambassador.io/docs/emissary/latest/topics/running/services
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from slipway_gateway import clusters, service
from slipway_gateway.bootstrap import typed
from slipway_gateway.contexts import Contexts
from slipway_gateway.model import Document, Faulty, Json, Target, Upstream
from slipway_gateway.reader import Reader

_LOG = "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig"
_TRACE = "envoy.config.trace.v3."
_MESSAGES = {"zipkin": "ZipkinConfig", "datadog": "DatadogConfig", "opentelemetry": "OpenTelemetryConfig"}
_FLAGS = ("shared_span_context", "trace_id_128bit")


@dataclass(frozen=True)
class Told:
    """``name`` and ``options`` are the extension's and Envoy's configuration without the cluster; ``manager`` has more
    fields of the HttpConnectionManager's `tracing`."""

    target: Target
    upstream: Upstream
    name: str
    options: Json
    manager: Json = field(default_factory=dict)

    def log(self, cluster: str) -> Json:
        """Envoy's AccessLog."""
        common = {
            **self.options["common_config"],
            "grpc_service": {"envoy_grpc": {"cluster_name": cluster}},
            "transport_api_version": "V3",
        }
        return typed("envoy.access_loggers.http_grpc", _LOG, **{**self.options, "common_config": common})

    def tracing(self, cluster: str) -> Json:
        """The HttpConnectionManager's `tracing`."""
        where: Json = {"collector_cluster": cluster}
        if self.name == "opentelemetry":
            where = {"grpc_service": {"envoy_grpc": {"cluster_name": cluster}}}
        provider = typed(f"envoy.tracers.{self.name}", _TRACE + _MESSAGES[self.name], **self.options, **where)
        return {**self.manager, "provider": provider}


def read_log(document: Document, contexts: Contexts) -> Told:
    """A LogService. Raises Faulty with every fault of the object."""
    spec = Reader({**document.spec, "grpc": True})
    if spec.choice("driver", ("http", "tcp")) == "tcp":
        spec.fault("driver", "the compact edition logs HTTP only")
    if spec.choice("protocol_version", ("v2", "v3"), "v2") != "v3":
        spec.fault("protocol_version", "v3 is needed; v2 is not spoken any more")
    headers = spec.nested("driver_config").objects("additional_log_headers")
    options: Json = {
        f"additional_{kind}_to_log": names
        for kind, when in (
            ("request_headers", "during_request"),
            ("response_headers", "during_response"),
            ("response_trailers", "during_trailer"),
        )
        if (names := [header.text("header_name") for header in headers if header.flag(when, True)])
    }
    common: Json = {"log_name": document.name}
    if (seconds := spec.integer("flush_interval_time", 1)) is not None:
        common["buffer_flush_interval"] = f"{seconds}s"
    if (size := spec.integer("flush_interval_byte_size")) is not None:
        common["buffer_size_bytes"] = size
    return _told(document, spec, contexts, "http_grpc", {**options, "common_config": common})


def read_tracing(document: Document, contexts: Contexts) -> Told:
    """A TracingService. Raises Faulty with every fault of the object."""
    driver = document.spec.get("driver")
    spec = Reader({**document.spec, "grpc": driver == "opentelemetry"})
    if spec.choice("driver", (*_MESSAGES, "lightstep")) in ("", "lightstep"):
        spec.fault("driver", f"one of {', '.join(_MESSAGES)} is needed")
    given = spec.nested("config")
    options = _zipkin(given) if driver == "zipkin" else {"service_name": given.text("service_name") or "ambassador"}
    manager: Json = {}
    sampling = spec.nested("sampling")
    for kind in ("client", "random", "overall"):
        if (percent := sampling.integer(kind, 0, 100)) is not None:
            manager[f"{kind}_sampling"] = {"value": percent}
    if tags := [*_tags(spec)]:
        manager["custom_tags"] = tags
    return _told(document, spec, contexts, str(driver), options, manager)


def _zipkin(spec: Reader) -> Json:
    found: Json = {
        "collector_endpoint": spec.text("collector_endpoint") or "/api/v2/spans",
        "collector_endpoint_version": spec.choice(
            "collector_endpoint_version", ("HTTP_JSON", "HTTP_PROTO"), "HTTP_JSON"
        ),
        "trace_id_128bit": True,
    }
    found |= {name: spec.flag(name) for name in _FLAGS if spec.has(name)}
    if host := spec.text("collector_hostname"):
        found["collector_hostname"] = host
    return found


def _tags(spec: Reader) -> list[Json]:
    found = [{"tag": name, "request_header": {"name": name}} for name in spec.texts("tag_headers")]
    for item in spec.objects("custom_tags"):
        tag, kind = item.text("tag"), next((kind for kind in ("literal", "request_header") if item.has(kind)), "")
        if not tag or not kind:
            # A variable of the gateway's environment is nobody's business.
            spec.fault("custom_tags", "each has a tag, and literal or request_header")
            continue
        value = item.nested(kind)
        if kind == "literal":
            found.append({"tag": tag, "literal": {"value": value.text("value")}})
        else:
            default = {"default_value": text} if (text := value.text("default_value")) else {}
            found.append({"tag": tag, "request_header": {"name": value.text("name"), **default}})
    return found


def _told(
    document: Document, spec: Reader, contexts: Contexts, name: str, options: Json, manager: Json | None = None
) -> Told:
    try:
        target = service.parse(spec.text("service"), document.namespace)
    except Faulty as fault:
        spec.faults.append(str(fault))
        target = Target("unknown", 80)
    upstream = clusters.read_upstream(spec, target, partial(contexts.find, document.namespace))
    spec.finish()
    return Told(target, upstream, name, options, manager or {})
