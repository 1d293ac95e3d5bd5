"""The REST API's port: uvicorn in a thread of its own, requests in a pool."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Executor

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slipway_tensorflow.metrics import Metrics
from slipway_tensorflow.rest import Rest

#: How long requests that are under way may take after the signal to end; a Pod has 30 s by default.
GRACE_SECONDS = 20
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]


def application(rest: Rest, metrics: Metrics, pool: Executor) -> Starlette:
    """Everything but the metrics' page is the REST API's, faults of the address too."""

    async def api(request: Request) -> Response:
        body = await request.body()
        path = request.scope.get("raw_path", b"").decode("ascii", "replace") or request.url.path
        status, answer = await asyncio.get_running_loop().run_in_executor(pool, rest.answer, request.method, path, body)
        return Response(answer, status, media_type="application/json")

    async def page(_: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[
            Route("/monitoring/prometheus/metrics", page),
            Route("/{path:path}", api, methods=METHODS),
        ]
    )


class WebServer:
    """``start`` returns when the port answers; ``stop`` lets requests under way end."""

    def __init__(self, app: Starlette, port: int) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host="0.0.0.0",  # noqa: S104 - a Pod's port
                port=port,
                log_level="warning",
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._thread = threading.Thread(target=self._run, name="rest", daemon=True)
        self.failed = False

    def _run(self) -> None:
        try:
            self._server.run()
        except SystemExit:  # uvicorn's, where the port is taken
            self.failed = True

    def start(self) -> bool:
        """False where the port cannot be opened; uvicorn has logged why."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.02)
        return bool(self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(GRACE_SECONDS + 5)
