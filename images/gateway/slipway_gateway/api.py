"""Requests to the API server besides kopf's watches: full listings, statuses, events."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, cast

import aiohttp

from slipway_gateway.model import Json

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
MERGE_PATCH = "application/merge-patch+json"
_PAGE = 500


class ApiError(Exception):
    """The API server said no, or nothing. ``status`` is the HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """A client with the Pod's own account."""

    def __init__(self, server: str, account: Path = ACCOUNT) -> None:
        self._server = server.rstrip("/")
        self._account = account
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, path: str, body: Json | None = None, content: str = "application/json"
    ) -> Json:
        """Raises ApiError."""
        # Read each time: the kubelet replaces the token before it expires.
        headers = {"Authorization": f"Bearer {(self._account / 'token').read_text().strip()}", "Content-Type": content}
        try:
            async with self._client().request(method, self._server + path, json=body, headers=headers) as answer:
                found: Any = await answer.json(content_type=None)
                if answer.status >= 400:
                    message = found.get("message", "") if isinstance(found, dict) else ""
                    raise ApiError(f"{method} {path}: {answer.status} {message}", answer.status)
                return cast(Json, found)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise ApiError(f"{method} {path}: {error or type(error).__name__}") from error

    async def listing(self, path: str) -> tuple[list[Json], int]:
        """All objects of a collection and the resource version of the listing."""
        items: list[Json] = []
        page = await self.request("GET", f"{path}?limit={_PAGE}")
        version = int(page["metadata"]["resourceVersion"])
        while True:
            items += page.get("items") or []
            more = page["metadata"].get("continue")
            if not more:
                return items, version
            page = await self.request("GET", f"{path}?limit={_PAGE}&continue={more}")

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            secure = self._server.startswith("https:")
            context = ssl.create_default_context(cafile=str(self._account / "ca.crt")) if secure else True
            connector = aiohttp.TCPConnector(ssl=context, limit=8)
            self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=30))
        return self._session
