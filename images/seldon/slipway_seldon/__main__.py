"""python -m slipway_seldon: run the operator until SIGTERM. Settings come from the environment."""

from __future__ import annotations

import asyncio
import logging
import os

import kopf

from slipway_seldon.model import Options
from slipway_seldon.operator import Operator


def main() -> None:
    """SHORT_PATH_NAMESPACE and GATEWAY_REPORTS (true) as in model.Options, HEALTH (the probe's address), LOG_LEVEL."""
    logging.basicConfig(
        level=os.environ.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("kopf.objects", "kopf.activities", "aiohttp.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    options = Options(
        short_path_namespace=os.environ.get("SHORT_PATH_NAMESPACE", ""),
        gateway_reports=os.environ.get("GATEWAY_REPORTS") == "true",
    )
    health = os.environ.get("HEALTH", "http://0.0.0.0:8080/healthz")
    operator = Operator(options)
    asyncio.run(kopf.operator(registry=operator.registry(), clusterwide=True, liveness_endpoint=health))


if __name__ == "__main__":
    main()
