"""What a Mapping's `service` names: "[scheme://]name[.namespace][:port]"."""

from __future__ import annotations

import ipaddress
import re
import reprlib

from slipway_gateway.model import Faulty, Target

_SERVICE = re.compile(
    r"^(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/\[\]]+)(?::(?P<port>\d{1,5}))?/?$"
)
_NAME = re.compile(r"^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*$")
_TLS = {"http": False, "https": True}


def parse(text: str, namespace: str) -> Target:
    """The target that ``text`` means for a Mapping in ``namespace``. Raises Faulty.

    A name without a dot is a Service of that namespace, as upstream has it; the port is 80, or 443 with https.
    """
    found = _SERVICE.match(text.strip())
    if found is None:
        raise Faulty(f"service: {reprlib.repr(text)} is not of the form [http://|https://]name[.namespace][:port]")
    scheme = (found["scheme"] or "http").lower()
    if scheme not in _TLS:
        raise Faulty(f"service: the scheme {scheme} is not supported, only http and https")
    tls = _TLS[scheme]
    port = int(found["port"] or (443 if tls else 80))
    if not 1 <= port <= 65535:
        raise Faulty(f"service: {port} is no port")
    return _target(found["host"].lower().rstrip("."), port, tls, namespace)


def _target(host: str, port: int, tls: bool, namespace: str) -> Target:
    try:
        return Target(str(ipaddress.ip_address(host.strip("[]"))), port, tls)
    except ValueError:
        pass
    if not _NAME.match(host):
        raise Faulty(f"service: {reprlib.repr(host)} is no host name")
    if host == "localhost":
        return Target("127.0.0.1", port, tls)
    match host.split("."):
        case [name]:
            return Target(f"{name}.{namespace}", port, tls, (namespace, name))
        case [name, space] | [name, space, "svc"] | [name, space, "svc", "cluster", "local"]:
            return Target(host, port, tls, (space, name))
    return Target(host, port, tls)


def is_address(host: str) -> bool:
    """Whether ``host`` is an IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
