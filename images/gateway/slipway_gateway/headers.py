"""Headers that a Mapping adds or removes, and its CORS policy: fields of Envoy's Route."""

from __future__ import annotations

import reprlib
from typing import Any

from slipway_gateway import regex
from slipway_gateway.model import Json
from slipway_gateway.reader import Reader

CORS_FILTER = "envoy.filters.http.cors"
_CORS_POLICY = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy"


def read_extra(spec: Reader) -> Json:
    """request/response_headers_to_add/remove and typed_per_filter_config of Envoy's Route."""
    extra: Json = {}
    for field, name in (
        ("add_request_headers", "request_headers_to_add"),
        ("add_response_headers", "response_headers_to_add"),
    ):
        if added := _added(spec, field):
            extra[name] = added
    for field, name in (
        ("remove_request_headers", "request_headers_to_remove"),
        ("remove_response_headers", "response_headers_to_remove"),
    ):
        if removed := spec.texts(field):
            for header in removed:
                _changeable(spec, field, header)
            extra[name] = removed
    if spec.has("cors"):
        extra["typed_per_filter_config"] = {CORS_FILTER: _cors(spec.nested("cors"))}
    return extra


def _added(spec: Reader, field: str) -> list[Json]:
    """Values are strings (v2) or {value, append}; append is true by default, as upstream has it."""
    found = []
    for name, given in spec.mapping(field).items():
        value: Any = given.get("value") if isinstance(given, dict) else given
        append = given.get("append", True) if isinstance(given, dict) else True
        if not isinstance(value, str) or not value.isprintable():
            spec.fault(field, f"{reprlib.repr(name)} has a string or {{value, append}}, not {reprlib.repr(given)}")
        elif _changeable(spec, field, name):
            action = "OVERWRITE_IF_EXISTS_OR_ADD" if append is False else "APPEND_IF_EXISTS_OR_ADD"
            found.append({"header": {"key": name, "value": value}, "append_action": action})
    return found


def _changeable(spec: Reader, field: str, name: str) -> bool:
    if name.startswith(":") or name.lower() == "host":
        spec.fault(field, f"{reprlib.repr(name)} cannot be changed; use host_rewrite or rewrite")
        return False
    return spec.header_name(field, name)


def _cors(spec: Reader) -> Json:
    policy: Json = {"@type": _CORS_POLICY}
    if origins := spec.texts("origins", ","):
        policy["allow_origin_string_match"] = [_origin(origin) for origin in origins]
    for field, name in (
        ("methods", "allow_methods"),
        ("headers", "allow_headers"),
        ("exposed_headers", "expose_headers"),
    ):
        if values := spec.texts(field, ","):
            policy[name] = ", ".join(values)
    if spec.has("credentials"):
        policy["allow_credentials"] = spec.flag("credentials")
    if age := spec.text("max_age"):
        policy["max_age"] = age
        if not age.isdigit():
            spec.fault("max_age", f"a number of seconds as a string is expected, not {reprlib.repr(age)}")
    return policy


def _origin(origin: str) -> Json:
    if origin == "*" or "*" not in origin:
        return {"exact": origin}
    return {"safe_regex": {"regex": ".*".join(regex.escape(part) for part in origin.split("*"))}}
