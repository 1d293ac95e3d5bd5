"""What a key means, in words: type, default, description, and the keys below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.catalog.component import Component, Setting
from slipway.config.tree import children, find, leaves, node_of, type_of
from slipway.documents.validate import did_you_mean
from slipway.errors import BadInput


def explain(key: str, schema: Mapping[str, Any], components: Mapping[str, Component]) -> str:
    """The explanation of a dotted key; "" explains the sections. Raises BadInput for one that does not exist."""
    path = tuple(part for part in key.split(".") if part)
    if len(path) > 3 and path[0] == "components" and path[2] == "settings" and not path[3].startswith("<"):
        return _setting(path, components)
    if len(path) > 1 and path[0] == "components" and path[1] not in components and not path[1].startswith("<"):
        raise BadInput(f"no component '{path[1]}'{did_you_mean(path[1], components)}", key)
    node = find(schema, path)
    if node is None:
        if new := renamed(schema, path):
            raise BadInput(f"is called '{new}' now", key, f"slipway config explain {new}")
        known = sorted({".".join(leaf) for leaf, _ in leaves(schema)} | set(schema["properties"]))
        raise BadInput(f"no such key{did_you_mean(key, known)}", key, "slipway config explain lists the sections")
    lines = list(_lines(".".join(path) or "slipway.yaml", node))
    below = children(node, path) if node.get("properties") or path else {}
    if path == ("components",):
        lines += [f"  {name}: {component.description}" for name, component in components.items()]
    elif path[:1] == ("components",) and len(path) == 3 and path[2] == "settings" and path[1] in components:
        lines += [f"  {setting.name}: {setting.description}" for setting in components[path[1]].settings]
    else:
        lines += [f"  {name}: {node_of(child, schema).get('description', '')}" for name, child in below.items()]
    return "\n".join(lines)


def renamed(schema: Mapping[str, Any], path: tuple[str, ...]) -> str:
    """The new name of an old key, "" for one that never was."""
    for length, part in enumerate(path):
        node = find(schema, path[:length]) or {}
        if new := (node.get("x-renamed") or {}).get(part):
            return str(new)
    return ""


def _lines(key: str, node: Mapping[str, Any]) -> Iterator[str]:
    yield key
    if node.get("description"):
        yield f"  {node['description']}"
    if not node.get("properties"):
        yield f"  type: {type_of(node)}"
    if "default" in node:
        yield f"  default: {node['default']}"


def _setting(path: tuple[str, ...], components: Mapping[str, Component]) -> str:
    name, key = path[1], path[3]
    if name not in components:
        raise BadInput(f"no component '{name}'{did_you_mean(name, components)}", ".".join(path))
    setting = components[name].setting(key)
    if setting is None:
        known = [known.name for known in components[name].settings]
        raise BadInput(f"no such setting of {name}{did_you_mean(key, known)}", ".".join(path))
    return "\n".join([*_lines(".".join(path), node_of_setting(setting)), f"  set it: --set {'.'.join(path)}=…"])


def node_of_setting(setting: Setting) -> dict[str, Any]:
    """The JSON Schema of a component's setting."""
    # A quantity is text such as 10Gi, or a plain number.
    kind = {"quantity": ["string", "number"]}.get(setting.type, setting.type)
    node: dict[str, Any] = {"type": kind, "description": setting.description}
    for name in ("default", "minimum", "maximum", "pattern"):
        if getattr(setting, name) is not None:
            node[name] = getattr(setting, name)
    if setting.enum is not None:
        node["enum"] = list(setting.enum)
    return node
