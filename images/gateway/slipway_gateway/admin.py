"""Envoy's admin interface: what it has loaded, what it refused, draining."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass

import aiohttp

from slipway_gateway import bootstrap as envoy

_CDS, _RDS = "cluster_manager.cds", f"http.{envoy.STAT_PREFIX}.rds.{envoy.ROUTES_NAME}"
_LDS = "listener_manager.lds"
_WARMING, _OPENING = "cluster_manager.warming_clusters", "listener_manager.total_listeners_warming"
_FILTER = rf"^({_CDS}|{_RDS}|{_LDS})\.(version_text|update_rejected)$|^{_WARMING}$|^{_OPENING}$"


class EnvoyGone(Exception):
    """Envoy does not answer (yet)."""


class EnvoyRefused(Exception):
    """Envoy did not take an update."""


@dataclass(frozen=True)
class Loaded:
    """Versions that Envoy runs, how often it refused one, clusters whose addresses it still looks up, listeners that do
    not take connections yet."""

    clusters: str
    routes: str
    rejected: int
    warming: int
    listeners: str = ""
    opening: int = 0


class Admin:
    """Requests to the admin interface on the loopback device."""

    def __init__(self, port: int = envoy.ADMIN_PORT) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._timeout = aiohttp.ClientTimeout(total=5)

    async def request(self, method: str, path: str) -> tuple[int, str]:
        """Status and text. Raises EnvoyGone."""
        try:
            async with aiohttp.ClientSession(timeout=self._timeout) as session:  # noqa: SIM117
                async with session.request(method, self._url + path) as answer:
                    return answer.status, await answer.text()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise EnvoyGone(f"Envoy's admin interface does not answer: {error}") from error

    async def loaded(self) -> Loaded:
        _, text = await self.request("GET", f"/stats?format=json&filter={_FILTER}")
        stats = {item["name"]: item["value"] for item in json.loads(text)["stats"] if "name" in item}
        return Loaded(
            clusters=str(stats.get(f"{_CDS}.version_text", "")),
            routes=str(stats.get(f"{_RDS}.version_text", "")),
            rejected=sum(int(stats.get(f"{name}.update_rejected", 0)) for name in (_CDS, _RDS, _LDS)),
            warming=int(stats.get(_WARMING, 0)),
            listeners=str(stats.get(f"{_LDS}.version_text", "")),
            opening=int(stats.get(_OPENING, 0)),
        )

    async def live(self) -> bool:
        """Whether Envoy says that it is live; False also while it drains. Raises EnvoyGone."""
        return (await self.request("GET", "/ready"))[0] == 200

    async def active_requests(self) -> int:
        name = f"http.{envoy.STAT_PREFIX}.downstream_rq_active"
        _, text = await self.request("GET", f"/stats?format=json&filter=^{name}$")
        return sum(int(item["value"]) for item in json.loads(text)["stats"] if item.get("name") == name)

    async def wait(self, kind: str, version: str, rejected: int, deadline: float = 15.0) -> None:
        """Until Envoy runs ``version`` of "clusters", "listeners" or "routes", and that works.

        Raises EnvoyRefused when it counts more refusals than ``rejected``, EnvoyGone at the deadline.
        """
        end = time.monotonic() + deadline
        while True:
            loaded = await self.loaded()
            if getattr(loaded, kind) == version:
                waits = {"clusters": loaded.warming, "listeners": loaded.opening}.get(kind)
                if not waits or time.monotonic() > end:
                    return
            elif loaded.rejected > rejected:
                raise EnvoyRefused(f"Envoy refused version {version} of its {kind}; its log says why")
            elif time.monotonic() > end:
                raise EnvoyGone(f"Envoy did not load version {version} of its {kind} within {deadline:.0f} s")
            await asyncio.sleep(0.02)
