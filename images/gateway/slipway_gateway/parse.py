"""From a Mapping as it was written (v1, v2 or v3alpha1, they do not contradict each other) to a Route.

Source of the fields: Emissary's Mapping CRD, https://www.getambassador.io/docs/emissary/latest/topics/using/intro-mappings
"""

from __future__ import annotations

import reprlib
from functools import partial
from typing import Any

from slipway_gateway import actions, authorization, clusters, headers, limits, matching, service
from slipway_gateway.beside import Beside
from slipway_gateway.bootstrap import AUTH_FILTER
from slipway_gateway.model import Document, Faulty, Json, Route, Target
from slipway_gateway.reader import Reader

#: Fields that the compact edition cannot honour: a Mapping that has one is refused rather than served differently.
UNSUPPORTED = {
    "envoy_override": "raw Envoy configuration",
    "error_response_overrides": "replacing error responses",
    "modules": "modules",
    "outlier_detection": "outlier detection",
    "rate_limits": "rate limits",
}
#: Fields without an effect here, and harmless so: there is no error response to replace.
_NO_EFFECT = (
    "bypass_error_response_overrides", "docs", "v2ExplicitTLS",
    "ambassador_id",
)  # fmt: skip


def parse(document: Document, beside: Beside) -> Route:
    """``beside`` is what other objects say. Raises Faulty with every fault of the Mapping, joined by "; "."""
    given = {name: value for name, value in document.spec.items() if value is not None}
    spec = Reader({**beside.settings.defaults, **given})
    for field, what in UNSUPPORTED.items():
        if spec.has(field):
            spec.fault(field, f"{what} are not supported by the compact edition")
    if why := beside.resolvers.get(spec.text("resolver"), "there is no resolver of that name"):
        spec.fault("resolver", why)
    path = matching.read_path(spec)
    conditions, query = matching.read_headers(spec), matching.read_query(spec)
    precedence = spec.integer("precedence", -(2**31))
    target = _target(spec, document.namespace)
    redirect = actions.read_redirect(spec, _redirect_host(spec))
    action, upstream = (
        actions.read_action(spec),
        clusters.read_upstream(spec, target, partial(beside.contexts.find, document.namespace)),
    )
    if hashed := clusters.read_hash_policy(spec):
        action["hash_policy"] = hashed
    extra = headers.read_extra(spec)
    if asked := authorization.read_route(spec):
        extra.setdefault("typed_per_filter_config", {})[AUTH_FILTER] = asked
    _linkerd(spec, extra, target)
    if limited := limits.read_route(spec, beside.limiter):
        action["rate_limits"] = limited
    if beside.unlimited and spec.has("labels"):
        spec.faults.append(beside.unlimited)
    match = matching.envoy_match(path, conditions, query, spec.flag("case_sensitive", True))
    shadow = spec.flag("shadow")
    if shadow and redirect:
        spec.fault("shadow", "cannot be together with host_redirect")
    weight = spec.integer("weight", 0, 100)
    bypass = spec.flag("bypass_auth")
    notes = _notes(spec, beside)
    spec.finish()
    return Route(
        source=document.source,
        name=document.name,
        group=_group(path, conditions, query, precedence or 0),
        rank=_rank(path, conditions, query, precedence or 0),
        match=match,
        target=target,
        action={} if redirect else action,
        redirect=redirect,
        extra=extra,
        upstream=upstream,
        weight=weight,
        shadow=shadow,
        bypass=bypass or redirect is not None,
        notes=notes,
    )


def ambassador_ids(spec: Json) -> list[Any]:
    """Which gateways a Mapping is for; "default" when it does not say so."""
    given = spec.get("ambassador_id")
    if given is None or given in ("", []):
        return ["default"]
    return given if isinstance(given, list) else [given]


def _target(spec: Reader, namespace: str) -> Target:
    if not spec.has("service"):
        spec.fault("service", "is required")
    text = spec.text("service", "unknown")
    try:
        return service.parse(text, namespace)
    except Faulty as fault:
        spec.faults.append(str(fault))
        return Target("unknown", 80)


def _redirect_host(spec: Reader) -> str:
    return spec.text("service").partition("://")[2] or spec.text("service")


def _linkerd(spec: Reader, extra: Json, target: Target) -> None:
    if spec.flag("add_linkerd_headers"):
        header = {"header": {"key": "l5d-dst-override", "value": f"{target.host}:{target.port}"}}
        extra.setdefault("request_headers_to_add", []).append(header)


def _notes(spec: Reader, beside: Beside) -> tuple[str, ...]:
    for field in _NO_EFFECT:
        spec.raw(field)
    notes = []
    if spec.has("labels") and beside.limiter is None:
        notes.append("labels has no effect: there is no RateLimitService in force")
    if unknown := [name for name in spec.unread() if not name.startswith("labels.")]:
        notes.append(f"unknown fields have no effect: {reprlib.repr(', '.join(unknown))}")
    return tuple(notes)


def _group(
    path: matching.Path, conditions: list[matching.Matcher], query: list[matching.Matcher], precedence: int
) -> tuple[Any, ...]:
    """Mappings that agree in this share their requests by weight."""
    return (path, tuple(sorted(map(repr, conditions))), tuple(sorted(map(repr, query))), precedence)


def _rank(
    path: matching.Path, conditions: list[matching.Matcher], query: list[matching.Matcher], precedence: int
) -> tuple[Any, ...]:
    """The greatest rank is tried first: precedence, then the more specific, as upstream orders groups."""
    return (
        precedence,
        len(path.value),
        sum(matcher.length for matcher in conditions),
        sum(matcher.length for matcher in query),
        path.kind == "path",
        path.value,
        sorted(f"{matcher.name}-{matcher.value or '*'}" for matcher in conditions),
        sorted(f"{matcher.name}-{matcher.value or '*'}" for matcher in query),
    )
