"""The usual kubeconfig, read here: a server, its CA, and a token or a client certificate.

The official client reads every kubeconfig, but importing it takes most of a second. What is left to it is said by
None: plugins (``exec``, ``auth-provider``), proxies, and whatever is wrong and needs its words.
Source: the Config type of client-go's clientcmd/api/v1.
"""

from __future__ import annotations

import base64
import os
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from slipway.kube.chosen import FAULTS, Chosen

_CLUSTER = {"server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"} | {
    "tls-server-name",
    "extensions",
}
_USER = {"token", "tokenFile", "client-certificate", "client-certificate-data", "client-key", "client-key-data"}
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")


@dataclass(frozen=True)
class Access:
    """How to reach a server: its URL, the headers that say who asks, and for https the context and the name of the
    certificate ("": the host's). ``file`` is that of the token, where it has one."""

    host: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tls: ssl.SSLContext | None = None
    name: str = ""
    file: Path | None = None

    def current(self) -> Mapping[str, str]:
        """The headers now: a token in a file is renewed there (the Pod's every hour)."""
        if self.file is None:
            return self.headers
        with suppress(OSError):
            return {"authorization": f"Bearer {self.file.read_text().strip()}"}
        return self.headers


def read(chosen: Chosen) -> Access | None:
    """The access of what was chosen, or None: ask the official client."""
    cluster, user = chosen.cluster, chosen.user
    if any(os.environ.get(name) for name in _PROXIES) or not set(cluster) <= _CLUSTER or not set(user) <= _USER:
        return None
    try:
        return _access(cluster, user)
    except (*FAULTS, ssl.SSLError):
        return None


def _access(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> Access | None:
    file = None if user.get("token") or "tokenFile" not in user else Path(user["tokenFile"])
    token = file.read_text().strip() if file else user.get("token")
    headers = {"authorization": f"Bearer {token}"} if token else {}
    host = cluster["server"].rstrip("/")
    if host.startswith("http://"):
        return Access(host, headers, file=file)
    tls = _tls(cluster, user)
    if tls is None or not host.startswith("https://"):
        return None
    return Access(host, headers, tls, cluster.get("tls-server-name", ""), file)


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext | None:
    """One context for all connections: it is read once, not by each of them."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if cluster.get("insecure-skip-tls-verify"):
        return None
    if "certificate-authority-data" in cluster:
        tls.load_verify_locations(cadata=_decoded(cluster["certificate-authority-data"]).decode("ascii"))
    elif "certificate-authority" in cluster:
        tls.load_verify_locations(cluster["certificate-authority"])
    else:
        return None
    if "client-certificate-data" in user or "client-certificate" in user:
        with NamedTemporaryFile(prefix="slipway-") as pair:
            # OpenSSL takes certificates and keys from files alone; this one is the user's own, and gone at once.
            for part in ("client-certificate", "client-key"):
                data = user.get(f"{part}-data")
                pair.write((_decoded(data) if data else Path(user[part]).read_bytes()) + b"\n")
            pair.flush()
            tls.load_cert_chain(pair.name)
    return tls


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=False)
