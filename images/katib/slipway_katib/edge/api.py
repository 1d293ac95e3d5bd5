"""The requests that the controller makes, on aiohttp with the service account of its pod."""

from __future__ import annotations

import builtins
import os
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from slipway_katib.names import Obj

#: Lines longer than this are cut; metrics stand in short ones.
MAX_LINE = 64 << 10
#: No more of one log is read.
MAX_LOG = 256 << 20
_TOKEN_SECONDS = 60.0


@dataclass
class ApiError(Exception):
    """An answer that is no success; status 0 stands for no answer."""

    status: int
    message: str

    def __str__(self) -> str:
        return f"{self.status} {self.message}"


class Account:
    """The service account: server, CA and a token that the kubelet renews."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(
            os.environ.get("SERVICE_ACCOUNT_DIR", "/var/run/secrets/kubernetes.io/serviceaccount")
        )
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
        self.server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        self.ca = self.folder / "ca.crt"
        self._token, self._read = "", 0.0

    def token(self) -> str:
        """The token, read anew every minute."""
        if not self._token or time.monotonic() - self._read > _TOKEN_SECONDS:
            self._token, self._read = (self.folder / "token").read_text().strip(), time.monotonic()
        return self._token


def path_of(api_version: str, kind: str, namespace: str, name: str = "", sub: str = "") -> str:
    """The REST path. Every kind here is namespaced and its plural is the kind with an s."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    return "/".join(part for part in (root, "namespaces", namespace, kind.lower() + "s", name, sub) if part)


class Api:
    """The API server. Every method raises ApiError."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=16, ssl=ssl.create_default_context(cafile=str(account.ca))),
            timeout=aiohttp.ClientTimeout(total=30, sock_connect=5),
            headers={"Accept": "application/json", "User-Agent": "slipway-katib"},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Obj | None:
        """The object, or None."""
        try:
            found = await self._send("GET", path_of(api_version, kind, namespace, name))
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return {"apiVersion": api_version, "kind": kind, **found}

    async def list(self, api_version: str, kind: str, namespace: str, labels: str) -> list[Obj]:
        """The objects with these labels."""
        found = await self._send("GET", path_of(api_version, kind, namespace), query={"labelSelector": labels})
        return [{"apiVersion": api_version, "kind": kind, **item} for item in found.get("items") or []]

    async def create(self, obj: Obj) -> None:
        """Create; status 409 when it exists."""
        await self._send("POST", path_of(obj["apiVersion"], obj["kind"], obj["metadata"]["namespace"]), body=obj)

    async def set_status(self, obj: Obj, status: Obj) -> None:
        """Replace the status; status 409 when the object has changed since it was read."""
        meta = obj["metadata"]
        path = path_of(obj["apiVersion"], obj["kind"], meta["namespace"], meta["name"], "status")
        await self._send("PUT", path, body={**obj, "status": status})

    async def set_requests(self, obj: Obj, requests: int) -> None:
        """Write spec.requests; status 409 when the object has changed since it was read."""
        meta = obj["metadata"]
        body = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "spec": {"requests": requests}}
        path = path_of(obj["apiVersion"], obj["kind"], meta["namespace"], meta["name"])
        await self._send("PATCH", path, body=body, content_type="application/merge-patch+json")

    async def set_finalizers(self, obj: Obj, finalizers: Sequence[str]) -> None:
        """Write metadata.finalizers; status 409 when the object has changed since it was read."""
        meta = obj["metadata"]
        body = {"metadata": {"resourceVersion": meta["resourceVersion"], "finalizers": builtins.list(finalizers)}}
        path = path_of(obj["apiVersion"], obj["kind"], meta["namespace"], meta["name"])
        await self._send("PATCH", path, body=body, content_type="application/merge-patch+json")

    async def delete(self, obj: Obj, *, foreground: bool) -> None:
        """Delete this very object; one that is gone is as good."""
        meta = obj["metadata"]
        body = {
            "propagationPolicy": "Foreground" if foreground else "Background",
            "preconditions": {"uid": meta["uid"]},
        }
        try:
            await self._send(
                "DELETE", path_of(obj["apiVersion"], obj["kind"], meta["namespace"], meta["name"]), body=body
            )
        except ApiError as error:
            if error.status not in (404, 409):
                raise

    async def log_lines(self, namespace: str, pod: str, container: str) -> AsyncIterator[str]:
        """The lines of a container's log, at most MAX_LOG bytes of it, each at most MAX_LINE long."""
        path = path_of("v1", "Pod", namespace, pod, "log")
        timeout = aiohttp.ClientTimeout(total=600, sock_connect=5, sock_read=60)
        try:
            async with self._session.get(
                self._account.server + path,
                params={"container": container},
                headers=self._headers() | {"Accept": "*/*"},
                timeout=timeout,
            ) as response:
                if response.status >= 400:
                    raise ApiError(response.status, (await response.text(errors="replace"))[:500])
                async for line in lines_of(response.content.iter_chunked(65536)):
                    yield line
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ApiError(0, f"no answer: {error or type(error).__name__}") from error

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._account.token()}"}

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: Obj | None = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Obj:
        import json

        headers = self._headers()
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            async with self._session.request(
                method,
                self._account.server + path,
                params=query,
                data=None if body is None else json.dumps(body).encode(),
                headers=headers,
            ) as response:
                text = await response.text(errors="replace")
                answer: Any = json.loads(text) if "json" in response.headers.get("Content-Type", "") else {}
                if response.status >= 400:
                    raise ApiError(response.status, str(answer.get("message") or text[:500]))
                return dict(answer)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ApiError(0, f"no answer: {error or type(error).__name__}") from error


async def lines_of(
    chunks: AsyncIterator[bytes], max_line: int = MAX_LINE, max_bytes: int = MAX_LOG
) -> AsyncIterator[str]:
    """Lines without their ends, also the last one without an end; carriage returns end a line too (progress bars)."""
    rest, total = b"", 0
    async for chunk in chunks:
        total += len(chunk)
        *whole, rest = (rest + chunk.replace(b"\r", b"\n")).split(b"\n")
        for line in whole:
            yield line[:max_line].decode("utf-8", "replace")
        rest = rest[:max_line]
        if total > max_bytes:
            return
    if rest:
        yield rest.decode("utf-8", "replace")
