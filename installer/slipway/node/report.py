"""What runs, as one value for people and scripts."""

from __future__ import annotations

import json
from typing import Any

from slipway.errors import SlipwayError
from slipway.node import ready, state
from slipway.node.address import node_address
from slipway.node.config import NodeConfig
from slipway.node.process_manager import process_manager
from slipway.node.units import ORDER


def status(config: NodeConfig) -> dict[str, Any]:
    """``state`` is healthy, degraded (``problems`` says why), stopped or absent."""
    units = process_manager(config).units()
    initialised = state.initialised(config)
    answer: dict[str, Any] = {
        "state": "absent",
        "name": config.name,
        "address": node_address(config) if initialised else "",
        "kubernetes": state.version(config) if initialised else config.kubernetes_version,
        "kubeconfig": str(config.kubeconfig),
        "processes": units,
        "problems": [],
    }
    if not initialised and not units:
        return answer
    if not units:
        return {**answer, "state": "stopped"}
    running = {unit["name"] for unit in units if unit["state"] == "running"}
    problems = [f"{name} does not run" for name in ORDER if name not in running]
    problems += [f"volume {name} is not exported yet" for name in unexported(config)]
    try:
        api = ready.client(config)
        ready.check_node(api, config)
        ready.check_system(api)
    except SlipwayError as error:
        problems.append(f"{error.where}: {error.what}" if error.where else error.what)
    return {**answer, "state": "degraded" if problems else "healthy", "problems": problems}


def unexported(config: NodeConfig) -> list[str]:
    """Volumes that the next start will export."""
    known = config.state / "exports.json"
    exported = json.loads(known.read_text()) if known.exists() else {}
    return [volume for volume in config.volumes if volume not in exported]
