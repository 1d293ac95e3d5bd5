"""The usual kubeconfig, read here: a server, its CA, and a token or a client certificate.

The official client reads every kubeconfig, but importing it takes most of a second. What is left to it is said by
None: plugins (``exec``, ``auth-provider``), proxies, several files, and whatever is wrong and needs its words.
Source: the Config type of client-go's clientcmd/api/v1.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CLUSTER = {"server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"} | {
    "tls-server-name",
    "extensions",
}
_USER = {"token", "tokenFile", "client-certificate", "client-certificate-data", "client-key", "client-key-data"}
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")


@dataclass(frozen=True)
class Access:
    """How to reach a server: its URL, the headers that say who asks, and for https the context and the name of the
    certificate ("": the host's)."""

    host: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: ssl.SSLContext | None = None
    name: str = ""


def place_of(path: str | None) -> str:
    """Where the kubeconfig is: as given, else $KUBECONFIG (maybe several files), else ~/.kube/config."""
    return path or os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())


def read(path: str | None = None, context: str | None = None) -> Access | None:
    """The access of a kubeconfig (default: $KUBECONFIG or ~/.kube/config), or None: ask the official client."""
    place = place_of(path)
    if any(os.environ.get(name) for name in _PROXIES) or os.pathsep in place:
        return None
    try:
        document = yaml.load(Path(place).read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a safe one
        named = _named(document["contexts"], context or document["current-context"])["context"]
        cluster = _named(document["clusters"], named["cluster"])["cluster"]
        user = _named(document["users"], named["user"])["user"] or {}
        if not set(cluster) <= _CLUSTER or not set(user) <= _USER:
            return None
        return _access(cluster, user, Path(place).absolute().parent)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, yaml.YAMLError, ssl.SSLError):
        return None


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (found,) = [item for item in items if item["name"] == name]
    return found


def _access(cluster: Mapping[str, Any], user: Mapping[str, Any], home: Path) -> Access | None:
    token = user.get("token") or (_file(home, user["tokenFile"]).read_text() if "tokenFile" in user else "")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    host = cluster["server"].rstrip("/")
    if host.startswith("http://"):
        return Access(host, headers)
    tls = _tls(cluster, user, home)
    if tls is None or not host.startswith("https://"):
        return None
    return Access(host, headers, tls, cluster.get("tls-server-name", ""))


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any], home: Path) -> ssl.SSLContext | None:
    """One context for all connections: it is read once, not by each of them."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if cluster.get("insecure-skip-tls-verify"):
        return None
    if "certificate-authority-data" in cluster:
        tls.load_verify_locations(cadata=_decoded(cluster["certificate-authority-data"]).decode("ascii"))
    elif "certificate-authority" in cluster:
        tls.load_verify_locations(_file(home, cluster["certificate-authority"]))
    else:
        return None
    if "client-certificate-data" in user or "client-certificate" in user:
        with NamedTemporaryFile(prefix="slipway-") as pair:
            # OpenSSL takes certificates and keys from files alone; this one is the user's own, and gone at once.
            for part in ("client-certificate", "client-key"):
                data = user.get(f"{part}-data")
                pair.write((_decoded(data) if data else _file(home, user[part]).read_bytes()) + b"\n")
            pair.flush()
            tls.load_cert_chain(pair.name)
    return tls


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=False)


def _file(home: Path, name: str) -> Path:
    return home / name
