"""One HTTP request to something in the cluster. A proxy of this machine's environment is for the world outside."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slipway.errors import NotYet

#: urllib3 names the connection, with its place in memory, before it says what went wrong.
_CONNECTION = re.compile(r"^(?:<[^>]*>|HTTPS?Connection\([^)]*\)): ")


@dataclass(frozen=True)
class Answer:
    """Status, headers with names in lower case, and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


def ask(
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    timeout: float = 20.0,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """The answer, whatever its status is; redirections are not followed. ``tls``: whom to believe, else the machine's.

    Raises NotYet when there is none within ``timeout`` seconds.
    """
    import urllib3

    # urllib3 compares names of its own accord, also where the context says that another thing is compared.
    names: dict[str, Any] = {"assert_hostname": False} if tls is not None and not tls.check_hostname else {}
    try:
        with urllib3.PoolManager(retries=False, timeout=timeout, ssl_context=tls, **names) as pool:
            response = pool.request(method, url, body=body, headers=dict(headers or {}), redirect=False)
            return Answer(
                response.status, {key.lower(): value for key, value in response.headers.items()}, response.data
            )
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise NotYet(f"no answer: {_CONNECTION.sub('', str(error))}", f"{method} {url}") from error
