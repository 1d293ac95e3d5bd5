"""kopf's watches with our settings against a server that is away, or refuses a token; and the log."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kopf
import pytest
from slipway_controller import watches

Until = Callable[..., Any]


def watching(server: Any, seen: list[str]) -> asyncio.Task[None]:
    """The watch of Things, started; ``seen`` gets their names."""
    registry = kopf.OperatorRegistry()

    async def event(name: str, **_: Any) -> None:
        seen.append(name)

    kopf.on.event("example.com", "v1", "things", registry=registry)(event)
    return asyncio.create_task(watches.watch(registry, server.connect))


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_a_controller_that_starts_before_the_api_server_finds_it_when_it_comes(server: Any, until: Until) -> None:
    async def story() -> list[str]:
        seen: list[str] = []
        await server.away()
        task = watching(server, seen)
        await asyncio.sleep(0.5)
        assert not task.done()
        async with server.there():
            await until(lambda: seen)
            await ended(task)
        return seen

    assert asyncio.run(story())[0] == "one"


def test_a_controller_waits_an_hour_for_an_api_server_that_is_away() -> None:
    backoffs: Any = watches.settings().networking.error_backoffs
    assert sum(backoffs) >= 3600
    assert max(backoffs) <= 10


def test_a_watch_whose_token_has_expired_goes_on_with_the_renewed_one(server: Any, until: Until) -> None:
    def watched(token: str) -> bool:
        return any(query.get("watch") and token == used for _, _, used, query in server.asked)

    async def story() -> None:
        async with server.there():
            task = watching(server, [])
            await until(lambda: watched("first"))
            server.renew("second")
            await until(lambda: watched("second"))
            await ended(task)

    asyncio.run(story())


@pytest.mark.parametrize(("level", "shown"), [("debug", {"small", "great"}), ("", {"great"}), ("ERROR", set())])
def test_the_log_has_the_level_of_the_environment(level: str, shown: set[str]) -> None:
    program = (
        "import logging; from slipway_controller import watches; watches.start_log()\n"
        "logging.getLogger('slipway_x').debug('small'); logging.getLogger('slipway_x').info('great')\n"
        "logging.getLogger('kopf.objects').info('chat')"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(watches.__file__).parents[1])} | (
        {"LOG_LEVEL": level} if level else {}
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert {line.rpartition(" ")[2] for line in done.stderr.splitlines()} == shown
