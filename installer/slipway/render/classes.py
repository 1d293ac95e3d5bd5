"""Which components of an overlay make the StorageClasses that others' claims name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from slipway.catalog import Catalog, Component
from slipway.config.model import Config
from slipway.render.render import overlay_values

SETTING = "storage_class"


def makers(root: Path, config: Config, wanted: Catalog, others: Mapping[str, Component]) -> list[str]:
    """The names of components among ``others`` that make a class which a ``wanted`` one's claims name.

    A class that none of them makes is the cluster's own; so is that of a component which is disabled.
    """
    named = {class_of(root, config, name) for name, item in wanted.components.items() if item.setting(SETTING)}
    able = {name: item for name, item in others.items() if name not in config.disabled()}
    return sorted(name for name, item in able.items() if name not in wanted.components and named & set(item.classes))


def class_of(root: Path, config: Config, name: str) -> str:
    """The StorageClass in force for a component's claims: configured, else the overlay's; "": the default one."""
    configured = config.settings().get(name, {}).get(SETTING)
    value = configured or overlay_values(root, root / "overlays" / config.overlay / name).get(SETTING)
    return str(value or "")
