"""The admin port: upstream's health answers and metrics. Everything here asks, nothing changes."""

from __future__ import annotations

import time
from contextlib import suppress

from aiohttp import web

from slipway_gateway import bootstrap as envoy
from slipway_gateway import diag
from slipway_gateway.admin import Admin, EnvoyGone
from slipway_gateway.gateway import Gateway

#: A loop that has not come round for so long hangs; the kubelet restarts the container. A cycle waits for Envoy for
#: at most two deadlines of 15 s, and for the API server's answers of at most 30 s each.
STUCK_AFTER = 180.0


class Web:
    """Handlers of the admin port."""

    def __init__(self, gateway: Gateway, admin: Admin) -> None:
        self._gateway = gateway
        self._admin = admin

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get(envoy.ALIVE_PATH, self.alive)
        app.router.add_get(envoy.READY_PATH, self.ready)
        app.router.add_get("/metrics", self.metrics)
        app.router.add_get("/healthz", self.healthz)
        app.router.add_get(diag.PATH, self.diag)
        return app

    async def alive(self, _: web.Request) -> web.Response:
        """Whether Envoy answers at all."""
        try:
            await self._admin.live()
        except EnvoyGone:
            return web.Response(status=503, text=envoy.NOT_ALIVE)
        return web.Response(text=envoy.ALIVE)

    async def ready(self, _: web.Request) -> web.Response:
        """Whether Envoy is live and has loaded what the first full listing gave."""
        try:
            ready = await self._admin.live() and self._gateway.synced
        except EnvoyGone:
            ready = False
        return web.Response(text=envoy.READY) if ready else web.Response(status=503, text=envoy.NOT_READY)

    async def healthz(self, _: web.Request) -> web.Response:
        """Whether the controller itself moves; for its own liveness probe."""
        age = time.monotonic() - self._gateway.heartbeat
        return web.Response(status=200 if age < STUCK_AFTER else 503, text=f"the loop came round {age:.0f} s ago\n")

    async def diag(self, request: web.Request) -> web.Response:
        """For who may reach this port; the public listener does not lead here."""
        found = diag.overview(self._gateway.live, self._gateway.verdicts)
        if "json" in request.query or "application/json" in request.headers.get("Accept", ""):
            return web.json_response(found)
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return web.Response(text=diag.page(found), content_type="text/html", headers=policy)

    async def metrics(self, _: web.Request) -> web.Response:
        """Ours, then Envoy's."""
        text = await self._own()
        with suppress(EnvoyGone):
            text += (await self._admin.request("GET", "/stats/prometheus?usedonly"))[1]
        return web.Response(text=text, content_type="text/plain")

    async def _own(self) -> str:
        counters = self._gateway.counters
        try:
            rejected = (await self._admin.loaded()).rejected
        except EnvoyGone:
            rejected = -1
        values = {
            'gateway_mappings{state="Running"}': counters.running,
            'gateway_mappings{state="Inactive"}': counters.inactive,
            "gateway_updates_total": counters.updates,
            "gateway_update_failures_total": counters.failures,
            "gateway_envoy_update_rejected": rejected,
            "gateway_last_update_duration_seconds": round(counters.last_duration, 4),
            "gateway_last_update_timestamp_seconds": round(counters.last_success, 3),
        }
        return "".join(f"{name} {value}\n" for name, value in values.items())
