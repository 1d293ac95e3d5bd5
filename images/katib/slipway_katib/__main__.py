"""python3 -m slipway_katib: the controller, until it is told to stop. Settings come from the environment."""

from __future__ import annotations

from slipway_controller import watches

from slipway_katib.edge.operator import Operator


def main() -> None:
    """HEALTH (the probe's address) and LOG_LEVEL."""
    watches.run(Operator().registry())


if __name__ == "__main__":
    main()
