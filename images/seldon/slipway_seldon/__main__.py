"""python -m slipway_seldon: run the operator until SIGTERM. Settings come from the environment."""

from __future__ import annotations

import os

from slipway_controller import watches

from slipway_seldon.operator import Operator
from slipway_seldon.options import options


def main() -> None:
    """The variables of options.Options, HEALTH (the probe's address), LOG_LEVEL."""
    watches.run(Operator(options(os.environ)).registry())


if __name__ == "__main__":
    main()
