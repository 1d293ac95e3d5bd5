"""Files made from the schema: the one that editors complete from, and a slipway.yaml to begin with."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from slipway.catalog.component import Component
from slipway.config.explain import node_of_setting
from slipway.config.tree import Node, children, node_of

#: Beside slipway.yaml; the comment in its first line names it for editors.
SCHEMA_FILE = "slipway.schema.json"


def editor_schema(schema: Mapping[str, Any], components: Mapping[str, Component]) -> dict[str, Any]:
    """The schema with the components and settings of one overlay by name, so that an editor knows them all."""
    whole = copy.deepcopy(dict(schema))
    general = whole["properties"]["components"].pop("additionalProperties")
    named = {}
    for name, component in components.items():
        one = copy.deepcopy(general)
        properties = {setting.name: node_of_setting(setting) for setting in component.settings}
        one["description"] = component.description
        one["properties"]["settings"] |= {"properties": properties, "additionalProperties": False}
        named[name] = one
    whole["properties"]["components"] |= {"properties": named, "additionalProperties": False}
    return whole


def template(schema: Mapping[str, Any], overlay: str) -> str:
    """A slipway.yaml in which everything but the overlay is commented out, with its meaning and default."""
    lines = [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        "# What is not as usual in this installation; everything is optional.",
        "# `slipway config explain KEY` explains a key, `slipway config validate` checks this file.",
    ]
    for name, node in schema["properties"].items():
        lines += ["", *_section(name, node_of(node, schema), schema, overlay)]
    return "\n".join(lines) + "\n"


def _section(name: str, node: Node, schema: Mapping[str, Any], overlay: str) -> Iterator[str]:
    yield f"# {node.get('description', name)}"
    if name == "overlay":
        yield f"overlay: {overlay}"
        return
    yield f"# {name}:"
    if name == "components":
        yield "#   argo:  # slipway config explain components.argo.settings"
        yield "#     timeout: 300"
        return
    for key, child in children(node, (name,)).items():
        inner = node_of(child, schema)
        value = yaml.safe_dump(inner.get("default", None), default_flow_style=True).removesuffix("...\n").strip()
        yield f"#   {key}: {'' if value == 'null' else value}".rstrip() + f"  # {inner.get('description', '')}"
