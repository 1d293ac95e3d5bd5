"""Plain requests over connections that stay open: what thousands of small ones need, on the standard library alone."""

from __future__ import annotations

import select
import ssl
import threading
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from urllib.parse import urlsplit

CONNECT_SECONDS = 5.0
#: Requests on their way at once. More of them only wait for the server, and their threads for each other.
AT_ONCE = 12
#: What a request that got no answer raises.
FAULTS = (OSError, HTTPException)


@dataclass(frozen=True)
class Answer:
    """A whole answer, in the form of urllib3's."""

    status: int
    headers: HTTPMessage
    data: bytes

    def drain_conn(self) -> None:
        """Nothing is left to be read."""


class HttpTransport:
    """Connections to one server. Thread-safe. ``name`` is what the certificate is for, where that is not the host."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None, name: str = "") -> None:
        parts = urlsplit(url)
        self._origin, self._tls, self._name = f"{parts.scheme}://{parts.netloc}", tls, name
        self._host, self._port = parts.hostname or "", parts.port
        self._idle: list[HTTPConnection] = []
        self._gate = threading.BoundedSemaphore(AT_ONCE)

    def request(self, method: str, url: str, body: bytes | None, headers: dict[str, str], timeout: float) -> Answer:
        """One request; ``timeout`` in seconds is that of each read. Raises one of ``FAULTS`` without an answer."""
        with self._gate:
            connection = self._take()
            try:
                if connection.sock is None:
                    connection.connect()
                connection.sock.settimeout(timeout)
                connection.request(method, url.removeprefix(self._origin), body, headers)
                response = connection.getresponse()
                answer = Answer(response.status, response.headers, response.read())
            except BaseException:
                connection.close()
                raise
            if response.will_close:
                connection.close()
            else:
                self._idle.append(connection)
            return answer

    def _take(self) -> HTTPConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._new()
            if not _dropped(connection):
                return connection
            connection.close()

    def _new(self) -> HTTPConnection:
        if self._tls is None:
            return HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)
        return _Secure(self._host, self._port, self._tls, self._name or self._host)


class _Secure(HTTPSConnection):
    def __init__(self, host: str, port: int | None, tls: ssl.SSLContext, name: str) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=tls)
        self._tls, self._name = tls, name

    def connect(self) -> None:
        """TLS for the name of the certificate, which need not be the host's."""
        HTTPConnection.connect(self)
        try:
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)
        except BaseException:
            self.close()
            raise


def _dropped(connection: HTTPConnection) -> bool:
    """Whether the server has ended an idle connection: only then is there something to read."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
