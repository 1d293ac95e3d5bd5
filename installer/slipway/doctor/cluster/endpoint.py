"""What the API server shows to anybody: its certificate and its clock.

By http.client, which gives the certificate of a connection whatever it is; other requests are clients.direct's.
"""

from __future__ import annotations

import email.utils
import http.client
import ssl
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from slipway.errors import SlipwayError

SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    """``certificate`` is DER, b"" over plain HTTP; times are seconds since 1970, ``date`` 0 when it says none."""

    certificate: bytes
    date: float
    before: float
    after: float


def look(server: str) -> Answer:
    """One request without credentials; the certificate is looked at, not trusted. Raises SlipwayError."""
    url = urlsplit(server)
    host, plain = url.hostname or "", url.scheme == "http"
    connection: http.client.HTTPConnection
    if plain:
        connection = http.client.HTTPConnection(host, url.port or 80, timeout=SECONDS)
    else:
        settings = ssl.create_default_context()
        settings.check_hostname, settings.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, url.port or 443, timeout=SECONDS, context=settings)
    try:
        connection.connect()
        sock = connection.sock
        certificate = (sock.getpeercert(binary_form=True) or b"") if isinstance(sock, ssl.SSLSocket) else b""
        before = time.time()
        connection.request("GET", "/version")
        answer = connection.getresponse()
        return Answer(certificate, date(answer.getheader("Date") or ""), before, time.time())
    except (OSError, http.client.HTTPException) as error:
        raise SlipwayError(f"no answer: {error}", server, "is the API server reached through a proxy?") from error
    finally:
        connection.close()


def date(header: str) -> float:
    """The time of a Date header, 0 for none."""
    try:
        return email.utils.parsedate_to_datetime(header).timestamp()
    except (TypeError, ValueError):
        return 0.0
