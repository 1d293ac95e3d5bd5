"""Finding the platform's doors from outside, and asking the gateway."""

from __future__ import annotations

import json
import ssl
from typing import Any

from slipway.clients.direct import ask
from slipway.errors import NotYet, SlipwayError
from slipway.kube import Client
from slipway.kube.gateway_address import first_address
from slipway.progress import Reporter
from slipway.waiting import Clock, poll


def node_port(kube: Client, namespace: str, service: str, port: str = "") -> str:
    """The "address:port" by which a Service of type NodePort is reached. Raises SlipwayError."""
    obj = kube.get("v1", "Service", service, namespace)
    ports = ((obj or {}).get("spec") or {}).get("ports") or []
    chosen = next((p for p in ports if p.get("nodePort") and port in ("", p.get("name"))), None)
    if chosen is None:
        raise SlipwayError("no Service with a node port", f"{namespace}/{service}", "is its component installed?")
    return f"{node_address(kube)}:{chosen['nodePort']}"


def node_address(kube: Client) -> str:
    """The internal address of the first node."""
    if address := first_address(kube.objects("v1", "Node")):
        return address
    raise SlipwayError("no node has an internal address", kube.server)


def short_paths(kube: Client) -> bool:
    """Whether models answer without their namespace in the path, too: upstream's operator makes no such routes."""
    return kube.get("v1", "ConfigMap", "seldon-config", "seldon-system") is None


def post(url: str, value: Any, *, timeout: float = 60.0, tls: ssl.SSLContext | None = None) -> Any:
    """Post JSON and get JSON, without a proxy. ``tls``: whom to believe there (kube/gateway_address.py).

    Raises NotYet for what a route on its way gives (404, 502, 503, no connection).
    """
    headers = {"Content-Type": "application/json"}
    answer = ask("POST", url, json.dumps(value).encode(), headers, timeout=timeout, tls=tls)
    text = answer.text
    if answer.status in (404, 502, 503):
        raise NotYet(f"HTTP {answer.status} {text[:300]}".strip(), url)
    if answer.status >= 300:
        raise SlipwayError(f"HTTP {answer.status}: {text[:300]}", url)
    try:
        return json.loads(text)
    except ValueError as error:
        raise SlipwayError(f"the answer is not JSON: {text[:200]}", url) from error


def post_when_ready(url: str, value: Any, seconds: float, reporter: Reporter, tls: ssl.SSLContext | None = None) -> Any:
    """Post until the gateway has the route, for at most ``seconds``. Raises SlipwayError."""
    try:
        return poll(
            lambda: post(url, value, tls=tls),
            Clock(seconds),
            every=0.3,
            waiting=lambda error: reporter.waiting("smoke: gateway", error.what),
        )
    except NotYet as error:
        raise SlipwayError(f"no route within {seconds:.0f} s: {error.what}", url) from error
