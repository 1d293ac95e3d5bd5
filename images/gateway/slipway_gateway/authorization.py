"""AuthService: who is asked, over HTTP or gRPC, before a request reaches the service of a Mapping.

Source of the fields: Emissary's AuthService, https://www.getambassador.io/docs/emissary/latest/topics/running/services/auth-service
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from slipway_gateway import clusters, service
from slipway_gateway.bootstrap import AUTH_FILTER, AUTH_ROUTE, UNASKED, typed
from slipway_gateway.contexts import Contexts
from slipway_gateway.model import Document, Faulty, Json, Target, Upstream
from slipway_gateway.reader import Reader

_FILTER = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"
#: What an HTTP service sees of a request, and what of its answer goes on, whatever the object allows; as upstream.
_REQUEST = {
    "authorization", "cookie", "from", "proxy-authorization", "user-agent", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-proto",
}  # fmt: skip
_ANSWER = {"authorization", "location", "proxy-authenticate", "set-cookie", "www-authenticate"}
_TIMEOUT = "5.000s"
#: v2's allow_request_body: true.
_SOME_BODY: Json = {"max_request_bytes": 4096, "allow_partial_message": True}


@dataclass(frozen=True)
class Authorization:
    """``options`` are Envoy's ExtAuthz without the service; ``http`` its HttpService without the address, None for
    gRPC."""

    target: Target
    upstream: Upstream
    options: Json
    timeout: str
    http: Json | None = None

    def envoy_filter(self, cluster: str) -> Json:
        """The HTTP filter that asks the service behind ``cluster``."""
        if self.http is None:
            asked: Json = {
                "grpc_service": {"envoy_grpc": {"cluster_name": cluster}, "timeout": self.timeout},
                "transport_api_version": "V3",
            }
        else:
            uri = {"uri": f"http://{self.target.host}", "cluster": cluster, "timeout": self.timeout}
            asked = {"http_service": {"server_uri": uri, **self.http}}
        return typed(AUTH_FILTER, _FILTER, **self.options, **asked)


def read(document: Document, contexts: Contexts) -> Authorization:
    """Raises Faulty with every fault of the object."""
    grpc = document.spec.get("proto") == "grpc"
    spec = Reader({**document.spec, "grpc": grpc})
    spec.choice("proto", ("http", "grpc"), "http")
    if spec.choice("protocol_version", ("v2", "v3"), "v2") == "v2" and grpc:
        spec.fault("protocol_version", "v3 is needed with proto: grpc; v2 is not spoken any more")
    try:
        target = service.parse(spec.text("auth_service"), document.namespace)
    except Faulty as fault:
        spec.fault("auth_service", str(fault).removeprefix("service: "))
        target = Target("unknown", 80)
    upstream = clusters.read_upstream(spec, target, partial(contexts.find, document.namespace))
    timeout = spec.millis("timeout_ms") or _TIMEOUT
    options, http = _options(spec), _http(spec, target)
    if not grpc:
        options["allowed_headers"] = _exactly(_REQUEST, spec.texts("allowed_request_headers"))
    spec.raw("ambassador_id")
    if unknown := spec.unread():
        # Who adds a field here wants something to be decided by it.
        spec.faults += [f"{name}: is not known" for name in unknown]
    spec.finish()
    return Authorization(target, upstream, options, timeout, None if grpc else http)


def _options(spec: Reader) -> Json:
    # The service may add headers that another route is for.
    options: Json = {"clear_route_cache": True}
    if spec.has("include_body"):
        body = spec.nested("include_body")
        options["with_request_body"] = {
            "max_request_bytes": body.integer("max_bytes", 1) or 1,
            "allow_partial_message": body.flag("allow_partial"),
        }
    elif spec.flag("allow_request_body"):
        options["with_request_body"] = _SOME_BODY
    if spec.flag("failure_mode_allow"):
        options["failure_mode_allow"] = True
    if spec.has("status_on_error"):
        options["status_on_error"] = {"code": spec.nested("status_on_error").integer("code", 400, 599) or 403}
    spec.flag("allow_request_body")
    return options


def _http(spec: Reader, target: Target) -> Json:
    added = [{"key": key, "value": value} for key, value in spec.strings("add_auth_headers").items()]
    if spec.flag("add_linkerd_headers"):
        added.append({"key": "l5d-dst-override", "value": f"{target.host}:{target.port}"})
    answer = _exactly(_ANSWER, spec.texts("allowed_authorization_headers"))
    http: Json = {"authorization_response": {"allowed_upstream_headers": answer, "allowed_client_headers": answer}}
    if prefix := spec.text("path_prefix"):
        http["path_prefix"] = prefix
        if not prefix.startswith("/"):
            spec.fault("path_prefix", "begins with /")
    if added:
        http["authorization_request"] = {"headers_to_add": added}
    return http


def _exactly(always: set[str], names: list[str]) -> Json:
    wanted = sorted(always | {name.lower() for name in names})
    return {"patterns": [{"exact": name, "ignore_case": True} for name in wanted]}


def read_route(spec: Reader) -> Json | None:
    """A Mapping's `bypass_auth` and `auth_context_extensions`: the filter's configuration for its route."""
    extensions = spec.strings("auth_context_extensions")
    if spec.flag("bypass_auth") or spec.flag("host_redirect"):
        return UNASKED
    return {"@type": AUTH_ROUTE, "check_settings": {"context_extensions": extensions}} if extensions else None
