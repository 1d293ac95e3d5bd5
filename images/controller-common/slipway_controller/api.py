"""Requests to the API server besides kopf's watches, on aiohttp."""

from __future__ import annotations

import builtins
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import kopf

from slipway_controller.connection import connection
from slipway_controller.reader import Obj

JSON, MERGE_PATCH, APPLY = "application/json", "application/merge-patch+json", "application/apply-patch+yaml"
_PAGE = 500
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)


class ApiError(Exception):
    """An answer that is no success (``status`` is HTTP's), or none at all (0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}" if status else message)
        self.status, self.message = status, message

    @property
    def invalid(self) -> bool:
        """The object itself is the cause: the same request fails again.

        Server-side apply answers 500 when a field does not exist, or is of another type.
        """
        return self.status in (400, 422) or (self.status == 500 and "create typed patch object" in self.message)


def path_of(api_version: str, kind: str, namespace: str, name: str = "", sub: str = "") -> str:
    """The REST path. Every kind here is namespaced and its plural is the kind with an s."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    return "/".join(part for part in (root, "namespaces", namespace, kind.lower() + "s", name, sub) if part)


def _path(obj: Obj, sub: str = "") -> str:
    meta = obj["metadata"]
    return path_of(obj["apiVersion"], obj["kind"], meta["namespace"], meta["name"], sub)


class Api:
    """Requests to one API server, under ``name``. Every method raises ApiError, and nothing else of the network's.

    ``connect`` is asked before each request, because tokens of service accounts are renewed.
    """

    def __init__(self, name: str, connect: Callable[[], kopf.ConnectionInfo] = connection) -> None:
        self._name, self._connect = name, connect
        self._open: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._open:
            await self._open.close()

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Obj | None:
        """The object, None when there is none."""
        try:
            found = await self.request("GET", path_of(api_version, kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return {"apiVersion": api_version, "kind": kind, **found}

    async def list(self, api_version: str, kind: str, namespace: str, labels: str) -> list[Obj]:
        """The objects with these labels; their apiVersion and kind, which lists leave out, are filled in."""
        found = await self.request("GET", path_of(api_version, kind, namespace), query={"labelSelector": labels})
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found.get("items") or []]

    async def listing(self, path: str) -> tuple[builtins.list[Obj], int]:
        """All objects of a collection, in pages, and the resource version of the listing."""
        query, items = {"limit": str(_PAGE)}, builtins.list[Obj]()
        while True:
            page = await self.request("GET", path, query=query)
            version = int(page["metadata"]["resourceVersion"])
            items += page.get("items") or []
            more = page["metadata"].get("continue")
            if not more:
                return items, version
            query = {"limit": str(_PAGE), "continue": more}

    async def create(self, obj: Obj) -> None:
        """Create; status 409 when it exists."""
        await self.request("POST", path_of(obj["apiVersion"], obj["kind"], obj["metadata"]["namespace"]), obj)

    async def apply(self, obj: Obj, *, dry_run: bool = False) -> Obj:
        """Server-side apply; unknown fields are errors."""
        query = {"fieldManager": self._name, "force": "true", "fieldValidation": "Strict"}
        return await self.request("PATCH", _path(obj), obj, APPLY, query | ({"dryRun": "All"} if dry_run else {}))

    async def patch(self, obj: Obj, change: Obj) -> None:
        """A merge patch; status 409 when the object has changed since it was read."""
        version = {"resourceVersion": obj["metadata"]["resourceVersion"]}
        body = {**change, "metadata": {**change.get("metadata", {}), **version}}
        await self.request("PATCH", _path(obj), body, MERGE_PATCH)

    async def set_status(self, obj: Obj, status: Obj) -> None:
        """Replace the status; status 409 when the object has changed since it was read."""
        await self.request("PUT", _path(obj, "status"), {**obj, "status": status})

    async def delete(self, obj: Obj, *, foreground: bool = False) -> None:
        """Delete this very object; one that is gone, or a new one of the same name, is left alone."""
        policy = "Foreground" if foreground else "Background"
        body = {"propagationPolicy": policy, "preconditions": {"uid": obj["metadata"]["uid"]}}
        try:
            await self.request("DELETE", _path(obj), body)
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    async def request(
        self, method: str, path: str, body: Obj | None = None, content: str = JSON, query: dict[str, str] | None = None
    ) -> Obj:
        """One request with a JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": JSON, "Content-Type": content}
        async with self._answer(method, path, params=query, data=data, headers=headers) as answer:
            return dict(await answer.json(content_type=None))

    async def chunks(self, path: str, query: dict[str, str], timeout: aiohttp.ClientTimeout) -> AsyncIterator[bytes]:
        """The answer as it comes, for what is long and no JSON."""
        headers = {"Accept": "*/*"}
        async with self._answer("GET", path, params=query, headers=headers, timeout=timeout) as answer:
            async for chunk in answer.content.iter_chunked(65536):
                yield chunk

    @asynccontextmanager
    async def _answer(self, method: str, path: str, *, headers: dict[str, str], **rest: Any) -> AsyncIterator[Any]:
        try:
            info = self._connect()
            if self._open is None:
                connector = aiohttp.TCPConnector(limit=16, ssl=info.as_ssl_context())
                agent = {"User-Agent": self._name}
                self._open = aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, headers=agent)
            url = info.server.rstrip("/") + path
            async with self._open.request(method, url, headers={**headers, **info.as_http_headers()}, **rest) as answer:
                if answer.status >= 400:
                    raise ApiError(answer.status, _message(await answer.text(errors="replace")))
                yield answer
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ApiError(0, f"{method} {path}: no answer: {error or type(error).__name__}") from error


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:500]
