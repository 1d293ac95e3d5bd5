"""A process of kopf's watches around a work queue: its start, its end and its liveness probe."""

from __future__ import annotations

from typing import Any

import kopf

from slipway_controller.api import Api
from slipway_controller.queue import Key, WorkQueue


class QueueOperator:
    """What lives as long as the process. Handlers of events, which a controller adds, put keys into the queue."""

    def __init__(self, api: Api, queue: WorkQueue[Key]) -> None:
        self.api, self.queue = api, queue

    async def start(self, **_: Any) -> None:
        """Start the workers, in kopf's loop."""
        self.queue.start()

    async def stop(self, **_: Any) -> None:
        """The reverse of start."""
        await self.queue.stop()
        await self.api.close()

    async def alive(self, **_: Any) -> int:
        """For the liveness probe."""
        return self.queue.alive()

    def registry(self) -> kopf.OperatorRegistry:
        """kopf's handlers of the process itself."""
        registry = kopf.OperatorRegistry()
        kopf.on.startup(registry=registry)(self.start)
        kopf.on.cleanup(registry=registry)(self.stop)
        kopf.on.probe(registry=registry, id="queue")(self.alive)
        return registry
