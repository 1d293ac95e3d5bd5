"""Where the gateway is reached from outside of the cluster."""

from __future__ import annotations

from slipway.kube.client import Client
from slipway.kube.objects import Obj

NAMESPACE, SERVICE = "ambassador", "ambassador"


def gateway_url(client: Client) -> str:
    """The gateway's URL without a trailing slash: its load balancer's, else its port of the first node; "" for none."""
    service = client.get("v1", "Service", SERVICE, NAMESPACE)
    return url_of(service, first_address(client.objects("v1", "Node"))) if service else ""


def url_of(service: Obj, node: str) -> str:
    """The URL of a Service's port ``http`` (or its first one). ``node`` is an address of a node."""
    spec, status = service.get("spec") or {}, service.get("status") or {}
    ports = spec.get("ports") or []
    port = next((port for port in ports if port.get("name") == "http"), ports[0] if ports else {})
    for entry in (status.get("loadBalancer") or {}).get("ingress") or []:
        host = entry.get("hostname") or entry.get("ip")
        if host:
            return f"http://{_bracketed(host)}" + ("" if port.get("port", 80) == 80 else f":{port['port']}")
    return f"http://{_bracketed(node)}:{port['nodePort']}" if node and port.get("nodePort") else ""


def first_address(nodes: list[Obj]) -> str:
    """The InternalIP of the first node that has one, or ""."""
    found = (
        str(address["address"])
        for node in nodes
        for address in (node.get("status") or {}).get("addresses") or []
        if address.get("type") == "InternalIP"
    )
    return next(found, "")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
