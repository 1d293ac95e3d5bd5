"""Texts from the templates beside this file."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def fill(name: str, **values: Any) -> str:
    """A template with values; a name that it does not get is an error."""
    # Shell and Markdown, never HTML; "{#" is shell's.
    environment = Environment(  # noqa: S701
        loader=PackageLoader("slipway.export", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        comment_start_string="{##",
    )
    return environment.get_template(name).render(**values).rstrip("\n") + "\n"
