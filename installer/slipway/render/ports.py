"""The ports of every node that components listen on, as the settings in force say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slipway.config.model import Config
from slipway.render.render import overlay_values

#: Components whose Service is a NodePort where their setting of this name counts.
SETTING = "node_port"
COMPONENTS = ("gateway", "registry")


def node_ports(root: Path, config: Config) -> dict[str, int]:
    """component → its node port: configured, else as the overlay of the distribution ``root`` has it; those that have
    none are left out. What is no number is left to the check of settings."""
    found = {}
    for name in COMPONENTS:
        configured = config.settings().get(name, {}).get(SETTING)
        overlay = root / "overlays" / config.overlay / name
        value = configured or (overlay_values(root, overlay).get(SETTING) if overlay.is_dir() else None)
        if value and str(value).isdigit():
            found[name] = int(value)
    return found


def node_values(root: Path, config: Config) -> dict[str, Any]:
    """The keyword arguments of NodeConfig; the node listens where its components say."""
    return {f"{name}_{SETTING}": port for name, port in node_ports(root, config).items()} | dict(config.node)
