"""The ports of every node that components listen on, as the settings in force say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slipway.config.model import Config
from slipway.node.config import NodeConfig
from slipway.render.render import overlay_values

#: Components whose Service is a NodePort where their setting of this name counts.
SETTING = "node_port"
COMPONENTS = ("gateway", "registry")


#: Values of the gateway's setting tls with which it has a certificate.
ENCRYPTED = ("generated", "secret")
#: Its node port for TLS where neither configuration nor overlay says one.
TLS_PORT = 30443


def node_ports(root: Path, config: Config) -> dict[str, int]:
    """component → its node port: configured, else as the overlay of the distribution ``root`` has it; those that have
    none are left out. What is not a number is left to the check of settings."""
    ports = {}
    for name in COMPONENTS:
        value = _value(root, config, name, SETTING)
        if value.isdigit():
            ports[name] = int(value)
    return ports


def gateway_door(root: Path, config: Config) -> tuple[str, int]:
    """How the gateway is spoken to at its port of every node, http or https, and that port."""
    if _value(root, config, "gateway", "tls") not in ENCRYPTED:
        return "http", node_ports(root, config).get("gateway", NodeConfig.gateway_node_port)
    port = _value(root, config, "gateway", f"https_{SETTING}")
    return "https", int(port) if port.isdigit() else TLS_PORT


def _value(root: Path, config: Config, component: str, setting: str) -> str:
    """A setting as configured, else as the overlay has it, else ""."""
    configured = config.settings().get(component, {}).get(setting)
    overlay = root / "overlays" / config.overlay / component
    return str(configured or (overlay_values(root, overlay).get(setting) if overlay.is_dir() else None) or "")


def node_values(root: Path, config: Config) -> dict[str, Any]:
    """The keyword arguments of NodeConfig; the node listens where its components say."""
    values = {f"{name}_{SETTING}": port for name, port in node_ports(root, config).items()}
    scheme, port = gateway_door(root, config)
    return values | ({"gateway_tls_node_port": port} if scheme == "https" else {}) | dict(config.node)
