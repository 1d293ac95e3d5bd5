"""python3 -m slipway_katib: the controller, until it is told to stop. Health: http://0.0.0.0:8080/healthz."""

from __future__ import annotations

import logging

import kopf

from slipway_katib.edge.operator import Operator


def main() -> None:
    """Run until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)  # the kubelet asks every two seconds
    logging.getLogger("slipway_katib").setLevel(logging.INFO)
    Operator().register()
    kopf.run(standalone=True, clusterwide=True, liveness_endpoint="http://0.0.0.0:8080/healthz")


if __name__ == "__main__":
    main()
