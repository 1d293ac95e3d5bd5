"""Connections to one API server, and who asks."""

from __future__ import annotations

import hashlib
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from slipway.errors import BadInput
from slipway.kube import identity, tls
from slipway.kube.http_transport import HttpTransport
from slipway.kube.identity import Fields
from slipway.kube.kubeconfig import REMEDY, KubeContext
from slipway.kube.plugin import Credential, Plugin
from slipway.kube.proxied import proxy_url

if TYPE_CHECKING:
    from slipway.kube.channel import Channel

#: Many threads apply at once; a smaller pool would have them wait, or connect anew each time.
POOL = 32


@dataclass
class _Link:
    """What connections are made of, for one certificate. ``transport`` is None where a proxy stands between."""

    tls: ssl.SSLContext | None
    transport: HttpTransport | None
    pool: Any = None


class Connection:
    """To the cluster that was chosen; nothing is sent yet. Thread-safe. Raises SlipwayError when it cannot be used."""

    def __init__(self, chosen: KubeContext) -> None:
        self._chosen, self._where = chosen, f"{chosen.shown}, context {chosen.context}"
        self.host, self.context = chosen.server, chosen.context
        parts = urlsplit(self.host)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(f"no usable kubeconfig: the server is '{self.host}'", self._where, REMEDY)
        identity.check(chosen.user, self._where)
        self._acting = identity.acting(chosen.user, self._where)
        self._name = str(chosen.cluster.get("tls-server-name") or "")
        self._proxy = proxy_url(chosen)
        plugin = chosen.user.get("exec")
        self._plugin = Plugin(plugin, chosen.cluster, self._where) if plugin else None
        self._given = tls.pair(chosen.user, self._where)
        self._links: dict[str, _Link] = {}
        self._lock = threading.Lock()
        if self._plugin is None:
            # What is wrong is said before anything is begun.
            identity.authorization(chosen.user, self._where)
            self._link()

    def authorize(self, headers: dict[str, str]) -> Fields:
        """The headers with those that say who asks. Raises SlipwayError when that cannot be known."""
        fields = Fields(headers, more=self._acting)
        if self._plugin is not None:
            token = identity.checked(self._plugin.credential().token, self._where)
            value = f"Bearer {token}" if token else ""
        else:
            value = identity.authorization(self._chosen.user, self._where)
        if value:
            fields["Authorization"] = value
        return fields

    def renew(self) -> bool:
        """After the server's 401: whether another try may end otherwise."""
        if self._plugin is None:
            return False
        self._plugin.forget(self._plugin.credential())
        return True

    @property
    def transport(self) -> HttpTransport | None:
        """For requests whose answers are read at once; None: the pool has these, too."""
        return self._link().transport

    def pool(self) -> Any:
        """urllib3's, for answers that come bit by bit, and for proxies."""
        link = self._link()
        with self._lock:
            if link.pool is None:
                link.pool = self._pool(link.tls)
            return link.pool

    def channel(self, path: str, query: list[tuple[str, str]]) -> Channel:
        """A websocket to a container's command. Raises ApiError when the server refuses it."""
        from slipway.kube.channel import Channel

        headers = [f"{key}: {value}" for key, value in self.authorize({"User-Agent": "slipway"}).items()]
        return Channel(self.host, path, query, headers, self._link().tls, self._name, self._proxy)

    def _link(self) -> _Link:
        credential = self._plugin.credential() if self._plugin is not None else Credential()
        own = credential.certificate.encode(), credential.key.encode()
        certificate, key = own if own[0] else self._given
        name = hashlib.sha256(certificate + key).hexdigest() if own[0] else ""
        with self._lock:
            if name not in self._links:
                self._links.clear()
                secure = self.host.startswith("https://")
                context = tls.context(self._chosen.cluster, certificate, key, self._where) if secure else None
                self._links[name] = _Link(
                    context, None if self._proxy else HttpTransport(self.host, context, self._name)
                )
            return self._links[name]

    def _pool(self, context: ssl.SSLContext | None) -> Any:
        import urllib3

        options: dict[str, Any] = {"ssl_context": context} if context else {}
        options |= {"server_hostname": self._name} if self._name else {}
        if not self._proxy:
            return urllib3.PoolManager(num_pools=4, maxsize=POOL, **options)
        if self._proxy.startswith("socks5"):
            from urllib3.contrib.socks import SOCKSProxyManager

            # Names are the proxy's to find out, as client-go has it.
            address = self._proxy.replace("socks5://", "socks5h://", 1)
            return SOCKSProxyManager(address, num_pools=4, maxsize=POOL, **options)
        parts = urlsplit(self._proxy)
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
        headers = urllib3.make_headers(proxy_basic_auth=login) if login else None
        return urllib3.ProxyManager(self._proxy, proxy_headers=headers, num_pools=4, maxsize=POOL, **options)


def connect(chosen: KubeContext) -> Connection:
    """To the cluster that was chosen; nothing is sent yet. Raises SlipwayError when that cannot be used."""
    return Connection(chosen)
