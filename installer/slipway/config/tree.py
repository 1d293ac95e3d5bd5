"""Walking the schema: the node of a key, and all keys there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
Keys = tuple[str, ...]


def node_of(node: Node, schema: Node) -> Node:
    """The node with what its ``$ref`` names; its own words win."""
    if "$ref" not in node:
        return node
    return {**schema["$defs"][str(node["$ref"]).rpartition("/")[2]], **node}


def children(node: Node, path: Keys) -> dict[str, Node]:
    """The keys below a node; one that stands for any name is written ``<component>``."""
    properties = dict(node.get("properties") or {})
    if isinstance(node.get("additionalProperties"), dict):
        properties[f"<{path[-1].removesuffix('s')}>"] = node["additionalProperties"]
    return properties


def leaves(schema: Node) -> Iterator[tuple[Keys, Node]]:
    """(path, node) of every key that holds a value, in the order of the schema."""

    def below(node: Node, path: Keys) -> Iterator[tuple[Keys, Node]]:
        node = node_of(node, schema)
        inner = children(node, path)
        if not inner:
            yield path, node
        for name, child in inner.items():
            yield from below(child, (*path, name))

    yield from below(schema, ())


def find(schema: Node, path: Keys) -> Node | None:
    """The node of a key, or None. ``components.argo.timeout`` and ``components.<component>.timeout`` are both known."""
    node = node_of(schema, schema)
    for part in path:
        known = node.get("properties") or {}
        wild = node.get("additionalProperties")
        child = known.get(part) or (wild if isinstance(wild, dict) else None)
        if child is None:
            return None
        node = node_of(child, schema)
    return node


def type_of(node: Node) -> str:
    """The type in words: ``integer, 1…7200``, ``one of: auto, mnist``."""
    if "enum" in node:
        return "one of: " + ", ".join(str(value) for value in node["enum"])
    kind = node.get("type", "")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if "minimum" in node and "maximum" in node:
        return f"{text}, {node['minimum']}…{node['maximum']}"
    return f"{text}, at least {node['minimum']}" if "minimum" in node else text
