"""A server of a component works when it answers a request, through the API server's proxy, as is expected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from slipway.errors import NotYet, SlipwayError
from slipway.kube import ApiError
from slipway.readiness.context import ProbeContext

#: What the API server says while nobody serves behind the Service.
STARTING = (502, 503, 504)


def run(ctx: ProbeContext, component: str, spec: Mapping[str, Any]) -> str:
    """One GET. The API server takes its own credentials off the request: a server that wants some answers 401."""
    namespace, service = spec["namespace"], spec["service"]
    where = f"component {component}: Service {namespace}/{service}"
    if ctx.kube.get("v1", "Service", service, namespace) is None:
        if spec.get("optional"):
            return f"no {service} in this overlay"
        raise NotYet("does not exist", where)
    return judged(spec, *get(ctx, path(spec), where), where)


def judged(spec: Mapping[str, Any], status: int, text: str, where: str) -> str:
    """What the probe says of an answer. Raises SlipwayError for another one than is expected."""
    wanted = spec.get("status", 200)
    if status != wanted:
        raise SlipwayError(f"HTTP {status}, not {wanted}, for {spec['path']}", where, spec.get("remedy", ""))
    if spec.get("contains", "") not in text:
        what = f"the answer to {spec['path']} lacks '{spec['contains']}': {text[:200]}"
        raise SlipwayError(what, where, spec.get("remedy", ""))
    return str(spec["says"])


def path(spec: Mapping[str, Any]) -> str:
    """The way through the API server: the name of a Service there may be scheme:name:port."""
    name = f"{spec.get('scheme', 'http')}:{spec['service']}:{spec['port']}"
    return f"/api/v1/namespaces/{spec['namespace']}/services/{name}/proxy{spec['path']}"


def get(ctx: ProbeContext, way: str, where: str) -> tuple[int, str]:
    """Status (200 for every success) and text of the answer."""
    try:
        answer = ctx.kube.request("GET", way)
    except ApiError as error:
        if error.status in STARTING:
            raise NotYet(error.what, where) from error
        return error.status, error.what
    return 200, answer if isinstance(answer, str) else json.dumps(answer)
