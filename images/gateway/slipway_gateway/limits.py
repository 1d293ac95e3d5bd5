"""RateLimitService: who counts, over gRPC, and what of a request it is told: the labels of Mappings.

Source of the fields: Emissary's RateLimitService,
https://www.getambassador.io/docs/emissary/latest/topics/running/services/rate-limit-service
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from slipway_gateway import clusters, service
from slipway_gateway.bootstrap import typed
from slipway_gateway.contexts import Contexts
from slipway_gateway.model import Document, Faulty, Json, Target, Upstream
from slipway_gateway.reader import Reader

_FILTER = "envoy.extensions.filters.http.ratelimit.v3.RateLimit"
_PLAIN = ("source_cluster", "destination_cluster", "remote_address")


@dataclass(frozen=True)
class Limiter:
    """``options`` are Envoy's RateLimit without the service; ``labels`` come before those of every Mapping."""

    target: Target
    upstream: Upstream
    domain: str
    options: Json
    labels: tuple[Json, ...] = ()

    def envoy_filter(self, cluster: str) -> Json:
        """The HTTP filter that asks the service behind ``cluster``."""
        asked = {"grpc_service": {"envoy_grpc": {"cluster_name": cluster}}, "transport_api_version": "V3"}
        return typed("envoy.filters.http.ratelimit", _FILTER, **self.options, rate_limit_service=asked)


def read(document: Document, domain: str, labels: Json, contexts: Contexts) -> Limiter:
    """``domain`` and ``labels`` are the Module's. Raises Faulty with every fault of the object."""
    spec = Reader({**document.spec, "grpc": True})
    grpc = Reader(document.spec, faults=spec.faults).nested("grpc")
    if spec.choice("protocol_version", ("v2", "v3"), "v2") != "v3":
        spec.fault("protocol_version", "v3 is needed; v2 is not spoken any more")
    try:
        target = service.parse(spec.text("service"), document.namespace)
    except Faulty as fault:
        spec.faults.append(str(fault))
        target = Target("unknown", 80)
    domain = spec.text("domain") or domain
    options: Json = {"domain": domain, "timeout": spec.millis("timeout_ms") or "0.020s", "request_type": "both"}
    if spec.flag("failure_mode_deny"):
        options["failure_mode_deny"] = True
    if grpc.flag("use_resource_exhausted_code") or grpc.flag("rate_limited_as_resource_exhausted"):
        options["rate_limited_as_resource_exhausted"] = True
    upstream = clusters.read_upstream(spec, target, partial(contexts.find, document.namespace))
    always = tuple(_actions(spec, labels.get(domain, [])))
    spec.finish()
    return Limiter(target, upstream, domain, options, always)


def read_route(spec: Reader, limiter: Limiter | None) -> list[Json]:
    """Envoy's RateLimits of a Mapping's `labels` for the domain that is counted."""
    if limiter is None:
        return []
    found = []
    labels = spec.nested("labels")
    for group in labels.objects(limiter.domain):
        if len(group.value) != 1:
            labels.fault(limiter.domain, "each group has one name")
            continue
        (entries,) = group.value.values()
        actions = [*limiter.labels, *_actions(labels, entries)]
        if actions:
            found.append({"stage": 0, "actions": actions})
    return found


def _actions(spec: Reader, entries: Any) -> list[Json]:
    found = []
    for entry in entries if isinstance(entries, list) else [None]:
        action = _action(entry)
        if action is None:
            spec.fault("labels", f"{entry!r:.80} is none of {', '.join((*_PLAIN, 'generic_key', 'request_headers'))}")
        else:
            found.append(action)
    return found


def _action(entry: Any) -> Json | None:
    """One label, as v3alpha1 writes it."""
    if not isinstance(entry, dict) or len(entry) != 1:
        return None
    ((kind, value),) = entry.items()
    value = value if isinstance(value, dict) else {}
    if kind in _PLAIN:
        return {kind: {}}
    key, text = value.get("key"), value.get("value") if kind == "generic_key" else value.get("header_name")
    if not isinstance(text, str) or not text:
        return None
    if kind == "generic_key":
        return {
            "generic_key": {"descriptor_key": key if isinstance(key, str) and key else kind, "descriptor_value": text}
        }
    if kind == "request_headers" and isinstance(key, str) and key:
        skip = {"skip_if_absent": True} if value.get("omit_if_not_present") is True else {}
        return {"request_headers": {"descriptor_key": key, "header_name": text, **skip}}
    return None
