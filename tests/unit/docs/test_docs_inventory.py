"""docs/inventory.md names every generated Secret, every Service and the paths that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from slipway import paths
from slipway.catalog import Component, overlays
from slipway.node import NodeConfig
from slipway.workflows.options import Options
from slipway.workflows.platform import load_platform

ROOT = paths.distribution()
PAGE = (ROOT / "docs/inventory.md").read_text()


def components() -> list[Component]:
    """Each edition that an overlay has."""
    found = (load_platform(Options(Path("/dev/null"), None, (), overlay)).catalog for overlay in overlays(ROOT))
    return [component for catalog in found for component in catalog.components.values()]


def test_every_generated_secret_is_named() -> None:
    secrets = {
        (secret.name, secret.namespace, key) for c in components() for secret in c.secrets for key in secret.keys
    }
    assert len(secrets) >= 7
    for name, namespace, key in secrets:
        assert re.search(rf"`{name}`.* in `{namespace}` .*`{key}`", PAGE), f"{namespace}/{name}: {key}"


@pytest.mark.parametrize(
    "attribute", ["state", "run", "logs", "exports", "local_volumes", "kubernetes", "kubelet_root"]
)
def test_the_nodes_paths_are_named(attribute: str) -> None:
    assert f"`{getattr(NodeConfig(), attribute)}" in PAGE


def test_the_nodes_ports_are_named() -> None:
    config = NodeConfig()
    for port in (config.registry_node_port, config.gateway_node_port):
        assert re.search(rf"^\| .*\b{port}\b", PAGE, re.M)
