"""Who keeps the node's processes alive: systemd where it is the init system, our supervisor elsewhere."""

from __future__ import annotations

from typing import Any, Protocol

from slipway.host.machine import has_systemd
from slipway.node.config import NodeConfig
from slipway.node.supervisor.spec import Paths, Unit


class ProcessManager(Protocol):
    """What both can do."""

    def apply(self, unit: Unit) -> None:
        """Have a unit running with exactly this specification."""

    def remove(self, name: str) -> None:
        """Stop a unit and wait for its end."""

    def restart(self, name: str) -> None:
        """End a unit's process and start it again."""

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a unit's process."""

    def units(self) -> list[dict[str, Any]]:
        """name, state, pid, seconds, restarts, last of each unit."""

    def quit(self) -> None:
        """End the manager's own part, units excepted."""


def process_manager(config: NodeConfig) -> ProcessManager:
    """The manager of this machine."""
    if has_systemd():
        from slipway.node.systemd import Systemd

        return Systemd(config.logs)
    from slipway.node.supervisor.client import Supervisor

    return Supervisor(Paths(str(config.run), str(config.logs)))
