"""From a Mapping to Envoy's RouteMatch: path, host, headers, method, query parameters."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass

from slipway_gateway import regex
from slipway_gateway.model import Json
from slipway_gateway.reader import Reader


@dataclass(frozen=True, order=True)
class Matcher:
    """A condition on a header or query parameter; ``value`` None: it must be there."""

    name: str
    value: str | None
    is_regex: bool = False

    @property
    def length(self) -> int:
        """How specific it is: upstream orders groups of Mappings by this sum."""
        return len(self.name) + len(self.value or "*") + self.is_regex


@dataclass(frozen=True)
class Path:
    """``kind`` is Envoy's name of the condition: prefix, path or safe_regex."""

    kind: str
    value: str


def read_path(spec: Reader) -> Path:
    """`prefix` with `prefix_exact` or `prefix_regex`."""
    exact, is_regex = spec.flag("prefix_exact"), spec.flag("prefix_regex")
    if not spec.has("prefix"):
        spec.fault("prefix", "is required")
    value = spec.text("prefix")
    if exact and is_regex:
        spec.fault("prefix_exact", "cannot be together with prefix_regex")
    if is_regex:
        spec.check_pattern("prefix", value)
        return Path("safe_regex", value)
    if value and not value.startswith("/"):
        spec.fault("prefix", f"{reprlib.repr(value)} does not begin with /, so no request can match it")
    return Path("path" if exact else "prefix", value)


def read_headers(spec: Reader) -> list[Matcher]:
    """`headers` (v2: true means 'is present'), `v2BoolHeaders`, `regex_headers`, `method`, and the host."""
    found = _exact(spec, "headers", "v2BoolHeaders") + _regexes(spec, "regex_headers")
    for matcher in found:
        spec.header_name("headers", matcher.name, pseudo=True)
    if host := _host(spec):
        found.append(host)
    if method := spec.text("method"):
        is_regex = spec.flag("method_regex")
        if is_regex:
            spec.check_pattern("method", method)
        found.append(Matcher(":method", method, is_regex))
    else:
        spec.flag("method_regex")
    return found


def read_query(spec: Reader) -> list[Matcher]:
    """`query_parameters`, `v2BoolQueryParameters`, `regex_query_parameters`."""
    found = _exact(spec, "query_parameters", "v2BoolQueryParameters") + _regexes(spec, "regex_query_parameters")
    for matcher in found:
        if not 0 < len(matcher.name) <= 1024:
            spec.fault("query_parameters", "a parameter's name has 1 to 1024 characters")
    return found


def _exact(spec: Reader, field: str, presence: str) -> list[Matcher]:
    found = []
    for name, value in spec.mapping(field).items():
        if value is True:
            found.append(Matcher(name, None))
        elif isinstance(value, str) and value.isprintable():
            found.append(Matcher(name, value))
        else:
            spec.fault(field, f"{reprlib.repr(name)} has a string or true, not {reprlib.repr(value)}")
    return found + [Matcher(name, None) for name in spec.texts(presence)]


def _regexes(spec: Reader, field: str) -> list[Matcher]:
    found = []
    for name, value in spec.mapping(field).items():
        if not isinstance(value, str):
            spec.fault(field, f"{reprlib.repr(name)} has a regular expression, not {reprlib.repr(value)}")
            continue
        spec.check_pattern(f"{field}.{name}", value)
        found.append(Matcher(name, value, True))
    return found


def _host(spec: Reader) -> Matcher | None:
    """`hostname` (v3, a glob) before `host` (v2, exact, a glob or with `host_regex`); any port is accepted with it."""
    is_regex = spec.flag("host_regex")
    glob, host = spec.text("hostname"), spec.text("host")
    if is_regex and host and not glob:
        spec.check_pattern("host", host)
        return Matcher(":authority", host, True)
    name = (glob or host).lower()
    if name in ("", "*"):
        return None
    if "*" in name[1:-1] or name.count("*") > 1:
        spec.fault("hostname", f"{reprlib.repr(name)}: one * is possible, at the beginning or at the end")
    if not all(char.isalnum() or char in "-._:*[]" for char in name):
        spec.fault("hostname", f"{reprlib.repr(name)} is no host name")
    parts = [regex.escape(part) for part in name.split("*")]
    port = "" if ":" in name else "(?::[0-9]+)?"
    return Matcher(":authority", "(?i)" + ".*".join(parts) + port, True)


def envoy_match(path: Path, headers: list[Matcher], query: list[Matcher], case_sensitive: bool) -> Json:
    """Envoy's config.route.v3.RouteMatch, without its runtime_fraction."""
    match: Json = {"safe_regex": {"regex": path.value}} if path.kind == "safe_regex" else {path.kind: path.value}
    if not case_sensitive and path.kind != "safe_regex":
        match["case_sensitive"] = False
    if headers:
        match["headers"] = [{"name": matcher.name, **_condition(matcher)} for matcher in headers]
    if query:
        match["query_parameters"] = [{"name": matcher.name, **_condition(matcher)} for matcher in query]
    return match


def _condition(matcher: Matcher) -> Json:
    if matcher.value is None:
        return {"present_match": True}
    if matcher.is_regex:
        return {"string_match": {"safe_regex": {"regex": matcher.value}}}
    return {"string_match": {"exact": matcher.value}}
