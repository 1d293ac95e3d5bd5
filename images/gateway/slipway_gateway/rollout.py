"""Brings a new configuration into the running Envoy without a moment in which a request finds no upstream.

Clusters first, together with the old ones; then, when Envoy knows their addresses, the listeners (so that whoever is
to be asked for authorization is asked before there is something to get); then the routes; last the old clusters go,
when nothing can use them any more.
"""

from __future__ import annotations

from slipway_gateway.admin import Admin, EnvoyRefused
from slipway_gateway.compiler import Compiled, fingerprint
from slipway_gateway.files import Files
from slipway_gateway.model import Json


class Rollout:
    """What Envoy runs (``live``), and how it gets something else."""

    def __init__(self, files: Files, admin: Admin) -> None:
        self._files = files
        self._admin = admin
        self.live: Compiled | None = None
        self.refusals = 0
        self._refused: str = ""
        self._on_disk: dict[str, Json] = files.clusters()
        self._endpoints: dict[str, Json] = {}
        self._listeners = ""
        self.prune_due = False

    async def apply(self, new: Compiled) -> None:
        """Returns when Envoy serves ``new``. Raises EnvoyGone, EnvoyRefused (the old one stays then)."""
        for name, assignment in new.endpoints.items():
            if self._endpoints.get(name) != assignment:
                self._files.write_endpoints(name, assignment)
                self._endpoints[name] = assignment
        if self.live and self.live.version == new.version:
            self.live = new
            return
        if new.version == self._refused:
            raise EnvoyRefused(f"Envoy refused version {new.version} before")
        before = self._on_disk
        try:
            await self._clusters(before | new.clusters)
            rejected = (await self._admin.loaded()).rejected
            if self._listeners != new.shape_version:
                self._files.write_listeners(new.shape_version, new.shape)
                await self._admin.wait("listeners", new.shape_version, rejected)
                self._listeners = new.shape_version
            self._files.write_routes(new.version, new.routes)
            await self._admin.wait("routes", new.version, rejected)
        except EnvoyRefused:
            self.refusals += 1
            self._refused = new.version
            self._restore(before)
            raise
        self.live = new
        self.prune_due = True

    async def verify(self) -> None:
        """Ask Envoy what it runs; where that is something else, the next ``apply`` brings everything anew.

        What it refused is tried once more, too.
        """
        self._refused = ""
        loaded = await self._admin.loaded()
        if self.live and (loaded.routes, loaded.listeners) != (self.live.version, self._listeners):
            self.live, self._endpoints, self._listeners = None, {}, ""

    async def prune(self) -> None:
        """Removes clusters that no route uses. To be called a moment after the routes changed."""
        if self.live is None:
            return
        await self._clusters(self.live.clusters)
        self._endpoints = {name: item for name, item in self._endpoints.items() if name in self.live.endpoints}
        self._files.keep_endpoints(self.live.endpoints)
        self.prune_due = False

    def _restore(self, clusters: dict[str, Json]) -> None:
        """Files as before a refused update, so that an Envoy that restarts now can load them."""
        self._on_disk, self._endpoints = clusters, {}
        self._files.write_clusters(fingerprint(sorted(clusters)), clusters.values())
        self._listeners = ""
        if self.live:
            self._files.write_listeners(self.live.shape_version, self.live.shape)
            self._listeners = self.live.shape_version
            self._files.write_routes(self.live.version, self.live.routes)

    async def _clusters(self, clusters: dict[str, Json]) -> None:
        version = fingerprint(sorted(clusters))
        loaded = await self._admin.loaded()
        self._files.write_clusters(version, clusters.values())
        self._on_disk = clusters
        await self._admin.wait("clusters", version, loaded.rejected)
