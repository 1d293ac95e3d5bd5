"""Where the gateway is reached from outside of the cluster, and whom to believe there."""

from __future__ import annotations

import ipaddress
import ssl
from urllib.parse import urlsplit

from slipway.kube.client import Client
from slipway.kube.objects import Obj
from slipway.kube.secret import texts

NAMESPACE, SERVICE = "ambassador", "ambassador"
#: The annotation of the Service that names the Secret with its certificate.
CERTIFICATE = "slipway.dev/certificate"
#: Addresses of nodes for which a certificate is made: on larger clusters a load balancer stands before them.
MOST_NODES = 50
_OF_NODES = ("InternalIP", "ExternalIP", "Hostname", "InternalDNS", "ExternalDNS")


def gateway_url(client: Client) -> str:
    """The gateway's URL without a trailing slash: its load balancer's, else its port of the first node; "" for none."""
    service = client.get("v1", "Service", SERVICE, NAMESPACE)
    return url_of(service, first_address(client.objects("v1", "Node"))) if service else ""


def url_of(service: Obj, node: str) -> str:
    """The URL of a Service's port ``https`` where the gateway has a certificate, else of ``http`` (or its first one).

    ``node`` is an address of a node.
    """
    ports = (service.get("spec") or {}).get("ports") or []
    named = {port.get("name"): port for port in reversed(ports)}
    secure = named.get("https") if CERTIFICATE in _annotations(service) else None
    port = secure or named.get("http") or (ports[0] if ports else {})
    scheme, usual = ("https", 443) if secure else ("http", 80)
    for host in _balancers(service):
        return f"{scheme}://{bracketed(host)}" + ("" if port.get("port", usual) == usual else f":{port['port']}")
    return f"{scheme}://{bracketed(node)}:{port['nodePort']}" if node and port.get("nodePort") else ""


def first_address(nodes: list[Obj]) -> str:
    """The InternalIP of the first node that has one, or ""."""
    return next((address for node in nodes for kind, address in _addresses(node) if kind == "InternalIP"), "")


def outside(client: Client) -> list[str]:
    """Host names and addresses by which the gateway is reached: its load balancer's, else those of the nodes."""
    service = client.get("v1", "Service", SERVICE, NAMESPACE)
    if service and (addresses := _balancers(service)):
        return addresses
    nodes = client.objects("v1", "Node")[:MOST_NODES]
    return [address for node in nodes for kind, address in _addresses(node) if kind in _OF_NODES]


def trust(client: Client, url: str) -> ssl.SSLContext | None:
    """Whom to believe at the gateway's URL; None where it speaks no TLS.

    By an address it must show the very certificate of its Secret, which need not be for addresses, or one of
    the installation's own authority; by a name it must show one for that name, of an authority that this machine or
    the Secret has.
    """
    parts = urlsplit(url)
    if parts.scheme != "https":
        return None
    service = client.get("v1", "Service", SERVICE, NAMESPACE) or {}
    data, own = _certificate(client, service)
    if not data or (not _is_address(parts.hostname or "") and parts.hostname not in _balancers(service)):
        context = ssl.create_default_context()
        _load(context, data.get("ca.crt", ""))
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        # A server's certificate is not an authority: without this flag it could not be believed by itself.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        _load(context, _first(data.get("tls.crt", "")) + (data.get("ca.crt", "") if own else ""))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _certificate(client: Client, service: Obj) -> tuple[dict[str, str], bool]:
    """The texts of the gateway's Secret, {} without one, and whether it is one that Slipway has generated."""
    name = _annotations(service).get(CERTIFICATE, "")
    secret = (client.get("v1", "Secret", name, NAMESPACE) if name else None) or {}
    labels = (secret.get("metadata") or {}).get("labels") or {}
    return texts(secret), labels.get("app.kubernetes.io/managed-by") == "slipway"


def _annotations(obj: Obj) -> dict[str, str]:
    return (obj.get("metadata") or {}).get("annotations") or {}


def _first(chain: str) -> str:
    """The server's own certificate of a chain."""
    head, mark, _ = chain.partition("-----END CERTIFICATE-----")
    return f"{head}{mark}\n" if mark else ""


def _load(context: ssl.SSLContext, texts: str) -> None:
    if "-----BEGIN CERTIFICATE-----" in texts:
        context.load_verify_locations(cadata=texts)


def _balancers(service: Obj) -> list[str]:
    entries = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [str(host) for entry in entries if (host := entry.get("hostname") or entry.get("ip"))]


def _addresses(node: Obj) -> list[tuple[str, str]]:
    addresses = (node.get("status") or {}).get("addresses") or []
    return [(str(entry.get("type")), str(entry["address"])) for entry in addresses]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def bracketed(host: str) -> str:
    """A host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host
