"""The reference page, from the schema and the components: what is validated is what is documented.

``python -m slipway.config.reference`` prints it; a test holds docs/configuration.md against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slipway.catalog import Catalog, load_catalog
from slipway.catalog.component import Component
from slipway.config.tree import leaves, type_of
from slipway.documents.validate import load_schema
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

`slipway config explain KEY` says the same on the command line, `slipway config show --origin` what is in force and
where it was said, `slipway config init` writes a file to begin with.

Editors complete keys and show their meanings by the JSON Schema that `slipway config init` writes beside the file
(`slipway config schema` prints it, for another place or another overlay): the file's first line,
`# yaml-language-server: $schema=slipway.schema.json`, names it, as the YAML plugins of VS Code, Neovim, Emacs and the
JetBrains editors expect. A file is YAML without aliases and tags, at most 1 MiB, at most 32 levels deep.

This page is made from the schema: `make docs`.
"""


def page(schema: Mapping[str, Any], catalog: Catalog) -> str:
    """The whole page, in Markdown."""
    lines = [INTRODUCTION, "## Keys", "", "| key | type | default | meaning |", "|---|---|---|---|"]
    lines += [f"| `{key}` | {kind} | {default} | {text} |" for key, kind, default, text in keys(schema)]
    lines += ["", "## Settings of the components", "", "Below `components.<component>.settings`:"]
    for component in catalog.components.values():
        if component.settings:
            lines += ["", f"### {component.name} {component.version} ({component.edition})", ""]
            lines += ["| setting | type | default | meaning |", "|---|---|---|---|", *settings(component)]
    return "\n".join(lines) + "\n"


def keys(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(dotted key, type, default, description) of every leaf."""
    for path, node in leaves(schema):
        default = f"`{node['default']}`" if node.get("default", "") != "" else "–"
        yield ".".join(path), type_of(node), default, str(node.get("description", "")).replace("|", "\\|")


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
