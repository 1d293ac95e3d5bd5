"""Values of settings, layer upon layer, and those that Slipway finds out for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slipway.catalog import Component
from slipway.catalog.settings import AUTO, fault, text_of
from slipway.documents.validate import did_you_mean
from slipway.errors import BadInput


@dataclass(frozen=True)
class Facts:
    """What is known of the cluster: the project namespace, how to find a node's address (asked when needed), the values
    of the settings that the overlay's components share, how the gateway is spoken to and at which port of every node
    (0: it has none), and the texts of the ConfigMap slipway-trust ({}: those of the manifests)."""

    project: str = "workbench"
    node_ip: Callable[[], str] = lambda: ""
    shared: Mapping[str, object] = field(default_factory=dict)
    gateway_door: tuple[str, int] = ("http", 0)
    trust: Mapping[str, str] = field(default_factory=dict)


#: setting → its value where the configuration says ``auto``.
AUTO_VALUES: Mapping[str, Callable[[Facts], str]] = {
    "nfs_server": lambda facts: facts.node_ip(),
    "node_ip": lambda facts: facts.node_ip(),
    "gateway_url": lambda facts: f"{facts.gateway_door[0]}://{facts.node_ip()}:{facts.gateway_door[1]}",
    "project_namespace": lambda facts: facts.project,
}


def read_env(path: Path) -> dict[str, str]:
    """The values of a settings.env: KEY=value lines, comments and blank lines skipped."""
    values = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            key, _, value = line.partition("=")
            values[key.strip()] = value
    return values


def merge(component: Component, layers: list[Mapping[str, object]], facts: Facts, where: str) -> dict[str, str]:
    """Every declared setting's value; later layers win, the first is the overlay's own.

    Raises BadInput for unknown, wrong or missing ones.
    """
    values: dict[str, object] = {s.name: s.default for s in component.settings if s.default is not None}
    known = [setting.name for setting in component.settings]
    problems = []
    if "project_namespace" in known:
        values["project_namespace"] = facts.project
    for layer in layers:
        for name, value in layer.items():
            if name not in known:
                problems.append(f"unknown setting '{name}'{did_you_mean(name, known)}")
            elif name == "project_namespace" and layer is layers[0]:
                continue  # an overlay's file states the default; the configuration decides.
            else:
                values[name] = value
    for setting in component.settings:
        message = fault(setting, values[setting.name]) if setting.name in values else "has no value"
        if message:
            problems.append(f"setting '{setting.name}' {message}")
    if problems:
        raise BadInput(f"settings of '{component.name}' are wrong", where, details=tuple(problems))
    return {name: resolve(name, text_of(value), facts, component.name) for name, value in values.items()}


def resolve(name: str, value: str, facts: Facts, component: str) -> str:
    """The value, or what ``auto`` stands for. Raises BadInput for an ``auto`` that cannot be found out."""
    if value != AUTO or name not in AUTO_VALUES:
        return value
    automatic = AUTO_VALUES[name](facts)
    if not automatic or "://:" in automatic:
        raise BadInput(
            "'auto' cannot be found out without a cluster or a node",
            f"components.{component}.settings.{name}",
            f"give a value: --set components.{component}.settings.{name}=…",
        )
    return automatic
