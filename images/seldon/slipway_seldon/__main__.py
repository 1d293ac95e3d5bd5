"""python -m slipway_seldon: run the operator until SIGTERM. Settings come from the environment."""

from __future__ import annotations

import os

from slipway_controller import watches

from slipway_seldon.model import Options
from slipway_seldon.operator import Operator


def main() -> None:
    """SHORT_PATH_NAMESPACE and GATEWAY_REPORTS (true) as in model.Options, HEALTH (the probe's address), LOG_LEVEL."""
    options = Options(
        short_path_namespace=os.environ.get("SHORT_PATH_NAMESPACE", ""),
        gateway_reports=os.environ.get("GATEWAY_REPORTS") == "true",
    )
    watches.run(Operator(options).registry())


if __name__ == "__main__":
    main()
