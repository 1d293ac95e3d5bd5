"""The configuration of one installation, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slipway.catalog.selection import Choice
from slipway.trust.configmap import SETTINGS as TRUST


@dataclass(frozen=True)
class ComponentConfig:
    """What is configured of one component. ``timeout`` is in seconds, None: the component's own; ``version`` and
    ``edition`` are "" where the lock and the overlay decide."""

    enabled: bool = True
    version: str = ""
    edition: str = ""
    timeout: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """A validated configuration, all layers merged.

    ``node``, ``smoke`` and ``artifacts`` are keyword arguments of NodeConfig, SmokeOptions and Sources;
    ``component_timeout`` (seconds, None: each component's own) and ``uninstall_timeout`` are defaults for all
    components. ``bundle_key``: who has to have signed a bundle, "": anyone. ``shared`` are settings of all components
    of the overlay, ``trust`` those of ``slipway.trust``. ``registry`` is the mirror from which all images come, "":
    each from its own; ``extra_images`` are brought to the embedded node beside those of the components.
    """

    overlay: str = "embedded"
    project: str = "workbench"
    components: Mapping[str, ComponentConfig] = field(default_factory=dict)
    node: Mapping[str, Any] = field(default_factory=dict)
    smoke: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, Any] = field(default_factory=dict)
    bundle_key: str = ""
    registry: str = ""
    extra_images: tuple[str, ...] = ()
    shared: Mapping[str, Any] = field(default_factory=dict)
    trust: Mapping[str, Any] = field(default_factory=dict)
    component_timeout: int | None = None
    uninstall_timeout: int = 300

    def settings(self) -> dict[str, Mapping[str, Any]]:
        """component → setting → value, as configured."""
        return {name: component.settings for name, component in self.components.items()}

    def choices(self) -> dict[str, Choice]:
        """component → the version and edition that were asked for."""
        return {name: Choice(item.version, item.edition) for name, item in self.components.items()}

    def disabled(self) -> list[str]:
        """The components that are left out."""
        return [name for name, component in self.components.items() if not component.enabled]

    def timeout(self, component: str, own: int) -> int:
        """The seconds that a component may take: configured for it, for all, or its own."""
        configured = self.components.get(component, ComponentConfig()).timeout
        return configured or self.component_timeout or own


def from_value(value: Mapping[str, Any]) -> Config:
    """A Config of a merged, validated value."""
    timeouts = value.get("timeouts", {})
    return Config(
        overlay=value.get("overlay", Config.overlay),
        project=value.get("project", {}).get("namespace", Config.project),
        components={name: ComponentConfig(**item) for name, item in value.get("components", {}).items()},
        node=value.get("node", {}),
        smoke=value.get("smoke", {}),
        artifacts=value.get("artifacts", {}),
        shared={name: item for name, item in value.get("settings", {}).items() if name not in TRUST},
        trust={name: item for name, item in value.get("settings", {}).items() if name in TRUST},
        bundle_key=value.get("bundle", {}).get("key", ""),
        registry=value.get("images", {}).get("registry", "").rstrip("/"),
        extra_images=tuple(value.get("images", {}).get("extra", ())),
        component_timeout=timeouts.get("component"),
        uninstall_timeout=timeouts.get("uninstall", Config.uninstall_timeout),
    )
