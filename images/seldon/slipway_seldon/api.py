"""The few requests to the API server that the operator makes, with aiohttp."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import TracebackType
from typing import Any

import aiohttp

from slipway_seldon.refusal import Obj

MANAGER = "slipway-seldon"
_KINDS = {
    "SeldonDeployment": ("/apis/machinelearning.seldon.io/v1", "seldondeployments"),
    "Deployment": ("/apis/apps/v1", "deployments"),
    "Service": ("/api/v1", "services"),
    "Pod": ("/api/v1", "pods"),
    "Mapping": ("/apis/getambassador.io/v2", "mappings"),
}


class ApiError(Exception):
    """An answer that is no success (``status`` is HTTP's), or none at all (0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}" if status else message)
        self.status = status
        self.message = message

    @property
    def invalid(self) -> bool:
        """The object itself is the cause: the same request fails again.

        Server-side apply answers 500 when a field does not exist, or is of another type.
        """
        return self.status in (400, 422) or (self.status == 500 and "create typed patch object" in self.message)


class Api:
    """Requests to one API server. ``headers`` is asked anew each time, because tokens of service accounts rotate."""

    def __init__(self, server: str, headers: Callable[[], dict[str, str]], ssl: Any) -> None:
        self._server, self._headers = server.rstrip("/"), headers
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=ssl, limit=8), timeout=aiohttp.ClientTimeout(total=30, connect=5)
        )

    async def __aenter__(self) -> Api:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, kind: str, namespace: str, name: str) -> Obj | None:
        """The object, None when there is none."""
        try:
            return await self._request("GET", _path(kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def select(self, kind: str, namespace: str, selector: str) -> list[Obj]:
        """The objects with those labels; their apiVersion and kind, which lists leave out, are filled in."""
        answer = await self._request("GET", _path(kind, namespace), query={"labelSelector": selector})
        return [{"apiVersion": answer["apiVersion"], "kind": kind, **item} for item in answer.get("items") or []]

    async def apply(self, obj: Obj, *, dry_run: bool = False) -> Obj:
        """Server-side apply; unknown fields are errors."""
        query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        meta = obj["metadata"]
        path = _path(obj["kind"], meta["namespace"], meta["name"])
        return await self._request("PATCH", path, query=query, body=obj, content="application/apply-patch+yaml")

    async def replace_status(self, obj: Obj) -> Obj:
        """Write ``obj["status"]``; 409 when the object changed meanwhile."""
        meta = obj["metadata"]
        path = _path("SeldonDeployment", meta["namespace"], meta["name"]) + "/status"
        return await self._request("PUT", path, query={"fieldManager": MANAGER}, body=obj)

    async def delete(self, kind: str, obj: Obj) -> None:
        """Delete exactly this object; one that is gone, or a new one of the same name, is left alone."""
        meta = obj["metadata"]
        body = {"propagationPolicy": "Background", "preconditions": {"uid": meta["uid"]}}
        try:
            await self._request("DELETE", _path(kind, meta["namespace"], meta["name"]), body=body)
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Obj | None = None,
        content: str = "application/json",
    ) -> Obj:
        headers = {"Accept": "application/json", **self._headers()}
        data = None
        if body is not None:
            headers["Content-Type"], data = content, json.dumps(body)
        try:
            async with self._session.request(
                method, self._server + path, params=query, data=data, headers=headers
            ) as response:
                text = await response.text()
                if response.status >= 400:
                    raise ApiError(response.status, _message(text))
                return dict(json.loads(text))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiError(0, f"no answer from the API server: {error!r}") from error


def _path(kind: str, namespace: str, name: str = "") -> str:
    root, plural = _KINDS[kind]
    return f"{root}/namespaces/{namespace}/{plural}" + (f"/{name}" if name else "")


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:300]
