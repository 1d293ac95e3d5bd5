"""kopf as a mere watcher, and the log: the same for every controller.

Only kopf's event handlers are used: they leave no finalizer and no annotation on anybody's objects. Kinds whose CRD
does not exist are left alone until it does.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import kopf

from slipway_controller.connection import connection


def start_log() -> None:
    """LOG_LEVEL of the environment is ours; of kopf's and of each probe's requests only warnings are shown."""
    level = os.environ.get("LOG_LEVEL", "INFO").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("kopf", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def settings() -> kopf.OperatorSettings:
    """No Events of kopf's own; watches that end regularly, so that a dead connection is noticed."""
    found = kopf.OperatorSettings()
    found.posting.enabled = False
    found.watching.server_timeout, found.watching.client_timeout = 300, 330
    found.watching.connect_timeout = 10
    found.networking.request_timeout = 30
    found.queueing.idle_timeout = 1.0
    # An hour without an API server, before kopf gives up and the process is started anew.
    found.networking.error_backoffs = (1, 1, 2, 3, 5, *[10] * 360)
    return found


async def watch(
    registry: kopf.OperatorRegistry,
    connect: Callable[[], kopf.ConnectionInfo] = connection,
    **options: Any,
) -> None:
    """Run the handlers of ``registry`` until SIGTERM; ``options`` are more of kopf.operator's."""

    async def login(**_: Any) -> kopf.ConnectionInfo:
        return connect()

    kopf.on.login(registry=registry)(login)
    await kopf.operator(registry=registry, settings=settings(), standalone=True, clusterwide=True, **options)


def run(registry: kopf.OperatorRegistry) -> None:
    """A whole process: the log, then the handlers of ``registry``. HEALTH is the address of the liveness probe."""
    start_log()
    asyncio.run(watch(registry, liveness_endpoint=os.environ.get("HEALTH", "http://0.0.0.0:8080/healthz")))


def utc_now() -> str:
    """The time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
