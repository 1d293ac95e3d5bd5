"""The reference page, from the schema and the components: what is validated is what is documented.

``python -m slipway.config.reference`` prints it; a test holds docs/configuration.md against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.catalog import Catalog, load_catalog
from slipway.catalog.component import Component
from slipway.config.validate import load_schema
from slipway.paths import distribution

INTRODUCTION = """# Configuration

A `slipway.yaml` in the current directory (or `--config FILE`) says what is not as usual; everything in it is optional.
Layers, each over the one before: defaults, the overlay, the file, the environment (`SLIPWAY_PROJECT__NAMESPACE=lab`:
levels joined by two underscores), `--set project.namespace=lab`. A key that is not known, a wrong type or a value out
of range is refused with file, line and key before anything is changed (exit code 2).

```yaml
project:
  namespace: lab
components:
  jupyterhub:
    settings:
      users: scientist,analyst
smoke:
  trials: 10
```

This page is made from the schema: `make docs`.
"""


def page(schema: Mapping[str, Any], catalog: Catalog) -> str:
    """The whole page, in Markdown."""
    lines = [INTRODUCTION, "## Keys", "", "| key | type | meaning |", "|---|---|---|"]
    lines += [f"| `{key}` | {kind} | {text} |" for key, kind, text in keys(schema, schema, ())]
    lines += ["", "## Settings of the components", "", "Below `components.<component>.settings`:"]
    for component in catalog.components.values():
        if component.settings:
            lines += ["", f"### {component.name} {component.version} ({component.edition})", ""]
            lines += ["| setting | type | default | meaning |", "|---|---|---|---|", *settings(component)]
    return "\n".join(lines) + "\n"


def keys(node: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """(dotted key, type, description) of every leaf."""
    if "$ref" in node:
        node = {**schema["$defs"][str(node["$ref"]).rpartition("/")[2]], **node}
    children = dict(node.get("properties") or {})
    if isinstance(node.get("additionalProperties"), dict):
        children[f"<{path[-1].removesuffix('s')}>"] = node["additionalProperties"]
    if not children:
        yield ".".join(path), _type(node), str(node.get("description", "")).replace("|", "\\|")
    for name, child in children.items():
        yield from keys(child, schema, (*path, name))


def _type(node: Mapping[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kind = node.get("type", "")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if "minimum" in node and "maximum" in node:
        return f"{text}, {node['minimum']}…{node['maximum']}"
    return f"{text}, at least {node['minimum']}" if "minimum" in node else text


def settings(component: Component) -> Iterator[str]:
    """Rows of a component's table."""
    for setting in component.settings:
        default = f"`{setting.default}`" if setting.default not in (None, "") else "–"
        yield f"| `{setting.name}` | {setting.type} | {default} | {setting.description} |"


def current() -> str:
    """The page of this checkout, with the components of the embedded overlay."""
    return page(load_schema("slipway.config"), load_catalog(distribution(), "embedded"))


if __name__ == "__main__":
    print(current(), end="")
