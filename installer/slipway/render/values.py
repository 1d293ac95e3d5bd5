"""Settings of a component that is a chart: where they stand among the chart's values, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from slipway.catalog import Component, Setting
from slipway.catalog.settings import text_of
from slipway.render.helm import charts, layers


def of_overlay(component: Component, directories: Iterable[Path], where: str) -> dict[str, str]:
    """Setting → value, of what the overlay's directories (the first wins) give the component's chart."""
    chosen: dict[str, str] = {}
    for directory in reversed(list(directories)):
        for chart in charts(directory):
            if chart.get("name") != component.name:
                continue
            for values in layers(chart, directory, where):
                chosen |= {s.name: text for s in component.settings if (text := _text(values, s)) is not None}
    return chosen


def nested(component: Component, values: Mapping[str, str]) -> dict[str, Any]:
    """The values as the chart takes them."""
    tree: dict[str, Any] = {}
    for setting in component.settings:
        if not setting.value or setting.name not in values:
            continue
        *path, last = setting.value.split(".")
        level = tree
        for part in path:
            level = level.setdefault(part, {})
        level[last] = _typed(setting, values[setting.name])
    return tree


def _text(values: Any, setting: Setting) -> str | None:
    for part in setting.value.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    if isinstance(values, list):
        return ",".join(map(text_of, values))
    return None if values is None or isinstance(values, Mapping) else text_of(values)


def _typed(setting: Setting, text: str) -> Any:
    match setting.type:
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "boolean":
            return text == "true"
        case _:
            return text
