"""A small API server on the loopback device that can be away, and whose token is renewed as the kubelet does it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import kopf
import pytest
from aiohttp import web


class ApiServer:
    """Knows the kind Thing of example.com/v1, with one object of it; ``asked`` is (method, path, token, query)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = ""
        self.port = 0
        self.asked: list[tuple[str, str, str, dict[str, str]]] = []
        self.bodies: list[Any] = []
        self.renew("first")

    def renew(self, token: str) -> None:
        """A new token in the Pod; the old one is refused from now on."""
        self.token = token
        (self.folder / "token").write_text(f"{token}\n")

    def connect(self) -> kopf.ConnectionInfo:
        token = (self.folder / "token").read_text().strip()
        return kopf.ConnectionInfo(server=f"http://127.0.0.1:{self.port}", scheme="Bearer", token=token)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked.append((request.method, request.path, token, dict(request.query)))
        if token != self.token:
            return web.json_response({"message": "Unauthorized"}, status=401)
        if request.body_exists:
            self.bodies.append(json.loads(await request.text()))
        meta = {"name": "one", "namespace": "team", "uid": "u", "resourceVersion": "7"}
        if request.query.get("watch"):
            stream = web.StreamResponse()
            await stream.prepare(request)
            while token == self.token:
                await asyncio.sleep(0.02)
            return stream
        version = {"version": "v1"}
        found: dict[str, Any] = {
            "/api": {"versions": ["v1"]},
            "/apis": {"groups": [{"name": "example.com", "preferredVersion": version, "versions": [version]}]},
            "/api/v1": {"resources": [resource("namespace")]},
            "/apis/example.com/v1": {"resources": [resource("thing")]},
            "/apis/example.com/v1/things": {"metadata": {"resourceVersion": "7"}, "items": [{"metadata": meta}]},
            "/apis/example.com/v1/namespaces/team/things": {"items": [{"metadata": meta}]},
            "/apis/example.com/v1/namespaces/team/things/one": {"metadata": meta},
            "/api/v1/namespaces/team/events": {},
        }
        if request.path not in found:
            return web.json_response({"message": f"{request.path} not found"}, status=404)
        return web.json_response(found[request.path])

    @asynccontextmanager
    async def there(self) -> AsyncIterator[None]:
        """The server listens, always on the same port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = runner.addresses[0][1]
        try:
            yield
        finally:
            await runner.cleanup()

    async def away(self) -> None:
        """Find a port, but do not listen there."""
        async with self.there():
            pass


def resource(name: str) -> dict[str, Any]:
    """A kind in the server's discovery; kopf does nothing where there are no namespaces."""
    verbs = ["get", "list", "watch"]
    return {"name": f"{name}s", "singularName": name, "kind": name.title(), "namespaced": True, "verbs": verbs}


@pytest.fixture
def server(tmp_path: Path) -> ApiServer:
    return ApiServer(tmp_path)


@pytest.fixture
def until() -> Callable[..., Any]:
    """``await until(lambda: …)``; fails after 20 s."""

    async def wait(true: Callable[[], Any]) -> None:
        async with asyncio.timeout(20):
            while not true():
                await asyncio.sleep(0.02)

    return wait
