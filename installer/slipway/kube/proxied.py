"""Through which proxy a server is reached, as kubectl decides it.

A kubeconfig's ``proxy-url`` counts whatever else is said; else the environment's proxy, unless NO_PROXY has the host.
Source: the Cluster type of client-go's clientcmd/api/v1 (http, https, socks5), and golang.org/x/net/http/httpproxy:
``*``, addresses, CIDRs, names (which stand for what is below them, too; with a dot before them only for that), each
with a port or without; this machine itself is never asked for through a proxy of the environment.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

from slipway.errors import SlipwayError
from slipway.kube.kubeconfig import KubeContext

_SCHEMES = ("http", "https", "socks5", "socks5h")
_PORTS = {"http": "80", "https": "443"}


def proxy_url(chosen: KubeContext, environment: Mapping[str, str] | None = None) -> str:
    """The proxy of the cluster in use, "" without one. Raises SlipwayError for one that cannot be used."""
    url, where = str(chosen.cluster.get("proxy-url") or ""), chosen.shown
    source = f"proxy-url {url}"
    if not url:
        url = of_environment(chosen.server, os.environ if environment is None else environment)
        source, where = f"the proxy {url}", "environment"
    scheme = urlsplit(url).scheme
    if url and (scheme not in _SCHEMES or not urlsplit(url).hostname):
        raise SlipwayError(f"{source}: http, https or socks5 is expected", where, f"see context {chosen.context}")
    if scheme.startswith("socks5") and find_spec("socks") is None:
        raise SlipwayError(f"{source}: SOCKS needs the package PySocks", where, "pip install PySocks")
    return url


def of_environment(server: str, environment: Mapping[str, str]) -> str:
    """What the environment says for a server's URL, "" for none."""
    parts = urlsplit(server)
    name = f"{parts.scheme}_proxy"
    value = environment.get(name.upper()) or environment.get(name) or ""
    if not value or parts.scheme not in _PORTS or not parts.hostname:
        return ""
    port = str(parts.port or _PORTS[parts.scheme])
    if exempt(parts.hostname, port, environment.get("NO_PROXY") or environment.get("no_proxy") or ""):
        return ""
    return value if "://" in value else f"http://{value}"


def exempt(host: str, port: str, listed: str) -> bool:
    """Whether a host is reached without the environment's proxy; ``listed`` is NO_PROXY."""
    host = host.lower().rstrip(".")
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(item.strip().lower(), host, address, port) for item in listed.split(",") if item.strip())


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _matches(item: str, host: str, address: _Address | None, port: str) -> bool:
    if item == "*":
        return True
    if "/" in item:
        try:
            network = ipaddress.ip_network(item, strict=False)
        except ValueError:
            return False
        return address is not None and address.version == network.version and address in network
    name, wanted = _split(item)
    if wanted and wanted != port:
        return False
    if (other := _address(name)) is not None:
        return address == other
    name = name.removeprefix("*")
    if not name or address is not None:
        return False
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _split(item: str) -> tuple[str, str]:
    """Name and port ("" without one)."""
    if item.startswith("["):
        name, _, rest = item[1:].partition("]")
        return name, rest.removeprefix(":")
    if item.count(":") == 1:
        name, _, port = item.partition(":")
        return name, port
    return item, ""


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
