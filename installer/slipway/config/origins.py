"""The whole configuration, each value with the layer that it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.catalog.component import Component, Setting
from slipway.config.layers import scalar
from slipway.config.tree import Keys, leaves
from slipway.documents.document import Document

DEFAULT = "default"


@dataclass(frozen=True)
class Entry:
    """One key: its path, the value in force, and where that was said (``slipway.yaml:12``, ``--set``, ``default``)."""

    path: Keys
    value: Any
    origin: str


def entries(
    schema: Mapping[str, Any],
    layers: Sequence[Document],
    components: Mapping[str, Component],
    overlay: Mapping[str, tuple[str, Mapping[str, str]]],
) -> list[Entry]:
    """All keys with a value. ``overlay``: component → (the file's name, values of its settings.env)."""
    by_path = {path: Entry(path, node["default"], DEFAULT) for path, node in _fixed(schema) if "default" in node}
    for name, component in components.items():
        for entry in _component(name, component, *overlay.get(name, ("", {}))):
            by_path[entry.path] = entry
    for document in layers:
        for path, value in _values(document.value or {}, ()):
            by_path[path] = Entry(path, value, document.where(path))
    return sorted(by_path.values(), key=lambda entry: _position(entry.path, schema))


def _fixed(schema: Mapping[str, Any]) -> Iterator[tuple[Keys, Mapping[str, Any]]]:
    return ((path, node) for path, node in leaves(schema) if path[0] != "components")


def _component(name: str, component: Component, file: str, values: Mapping[str, str]) -> Iterator[Entry]:
    head = ("components", name)
    yield Entry((*head, "enabled"), True, DEFAULT)
    yield Entry((*head, "version"), component.version, "manifests/lock.yaml")
    yield Entry((*head, "edition"), component.edition, "overlay")
    yield Entry((*head, "timeout"), component.timeout, "component.yaml")
    for setting in component.settings:
        path = (*head, "settings", setting.name)
        if setting.name in values:
            yield Entry(path, _typed(setting, values[setting.name]), file)
        elif setting.default is not None:
            yield Entry(path, setting.default, DEFAULT)


def _typed(setting: Setting, text: str) -> Any:
    """Values of a settings.env are text; what is not a number in spite of its type stays so, for others to refuse."""
    if setting.type not in ("integer", "number", "boolean"):
        return text
    value, problems = scalar(text, setting.name)
    return text if problems else value


def _values(value: Mapping[str, Any], path: Keys) -> Iterator[tuple[Keys, Any]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _values(inner, (*path, key))
        else:
            yield (*path, key), inner


def _position(path: Keys, schema: Mapping[str, Any]) -> tuple[int, Keys]:
    """Sections in the order of the schema, components and their keys by name."""
    sections = list(schema["properties"])
    return (sections.index(path[0]) if path[0] in sections else len(sections), path)
