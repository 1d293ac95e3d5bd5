"""A Mapping's `health_checks`: Envoy itself asks the endpoints, and leaves out those that do not answer well."""

from __future__ import annotations

from slipway_gateway.model import Json
from slipway_gateway.reader import Reader


def read(spec: Reader) -> list[Json]:
    """Envoy's HealthChecks."""
    return [_check(check) for check in spec.objects("health_checks")]


def _check(spec: Reader) -> Json:
    found: Json = {
        "timeout": spec.duration("timeout") or "3.000s",
        "interval": spec.duration("interval") or "5.000s",
        "healthy_threshold": spec.integer("healthy_threshold", 1) or 1,
        "unhealthy_threshold": spec.integer("unhealthy_threshold", 1) or 2,
    }
    how = spec.nested("health_check")
    if how.has("http") == how.has("grpc"):
        spec.fault("health_check", "needs one of http and grpc")
    elif how.has("http"):
        found["http_health_check"] = _http(how.nested("http"))
    else:
        grpc = how.nested("grpc")
        names = {"upstream_name": "service_name", "authority": "authority"}
        found["grpc_health_check"] = {theirs: text for ours, theirs in names.items() if (text := grpc.text(ours))}
    return found


def _http(spec: Reader) -> Json:
    found: Json = {"path": spec.text("path")}
    if not found["path"].startswith("/"):
        spec.fault("path", "begins with /")
    if host := spec.text("hostname"):
        found["host"] = host
    added: list[Json] = []
    for name, given in spec.mapping("add_request_headers").items():
        value = given.get("value") if isinstance(given, dict) else given
        if spec.header_name("add_request_headers", name) and isinstance(value, str):
            added.append({"header": {"key": name, "value": value}})
    if added:
        found["request_headers_to_add"] = added
    if removed := spec.texts("remove_request_headers"):
        found["request_headers_to_remove"] = removed
    # Envoy's end is not part of the range, ours is.
    statuses = [
        {"start": low, "end": high + 1}
        for item in spec.objects("expected_statuses")
        if (low := item.integer("min", 100, 599)) and (high := item.integer("max", 100, 599))
    ]
    if statuses:
        found["expected_statuses"] = statuses
    return found
