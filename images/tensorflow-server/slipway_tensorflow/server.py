"""The process: waits for a model, opens the ports, follows the directories, ends without cutting off requests."""

from __future__ import annotations

import logging
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from slipway_tensorflow import configuration, rpc, web
from slipway_tensorflow.errors import BadStart
from slipway_tensorflow.metrics import Metrics
from slipway_tensorflow.model import Model
from slipway_tensorflow.registry import Registry
from slipway_tensorflow.rest import Rest
from slipway_tensorflow.settings import Settings

log = logging.getLogger("slipway.tensorflow")


def run(settings: Settings) -> None:
    """Returns after SIGTERM or SIGINT; raises BadStart."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    registry = Registry(partial(_load, settings))
    registry.configure(configuration.read(settings))
    while not _ready(registry):
        # As upstream, the ports are closed until every model has a version: a probe of the port is one of the model.
        if ending.wait(settings.poll_seconds or 1):
            return
    _serve(settings, registry, ending)


def _load(settings: Settings, name: str, version: int, directory: str) -> Model:
    return Model(name, version, directory, settings.threads, settings.intra_op_threads)


def _ready(registry: Registry) -> bool:
    registry.step()
    return registry.settled()


def _serve(settings: Settings, registry: Registry, ending: threading.Event) -> None:
    metrics = Metrics()
    # Two pools: one interface's load does not starve the other's requests.
    pools = [ThreadPoolExecutor(settings.threads, thread_name_prefix=name) for name in ("rest", "grpc")]
    grpc_server: Any = None
    web_server: web.WebServer | None = None
    if settings.grpc_port:
        grpc_server = rpc.server(rpc.Rpc(registry, metrics), settings.grpc_port, pools[1])
        if grpc_server is None:
            raise BadStart(f"port {settings.grpc_port} (--port) cannot be opened.")
    if settings.rest_port:
        web_server = web.WebServer(web.application(Rest(registry, metrics), metrics, pools[0]), settings.rest_port)
        if not web_server.start():
            raise BadStart(f"port {settings.rest_port} (--rest_api_port) cannot be opened.")
    log.info("gRPC at port %d, REST API at port %d", settings.grpc_port, settings.rest_port)
    _follow(settings, registry, ending)
    log.info("ending: requests under way have %d s", web.GRACE_SECONDS)
    stopped = grpc_server.stop(web.GRACE_SECONDS) if grpc_server else None
    if web_server:
        web_server.stop()
    if stopped:
        stopped.wait()
    log.info("ended")


def _follow(settings: Settings, registry: Registry, ending: threading.Event) -> None:
    """Until the end: new versions, and a changed file of models."""
    configs, read_at = configuration.read(settings), time.monotonic()
    while not ending.wait(settings.poll_seconds or 3600):
        if settings.config_poll_seconds and time.monotonic() - read_at >= settings.config_poll_seconds:
            read_at = time.monotonic()
            try:
                changed = configuration.read(settings)
            except BadStart as error:
                log.error("the models stay as they are: %s", error)
            else:
                if changed != configs:
                    configs = changed
                    registry.configure(configs)
        if settings.poll_seconds:
            registry.step()
