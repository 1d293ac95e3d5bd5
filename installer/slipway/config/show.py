"""The configuration in force, as YAML or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from slipway.config.layers import merge, nested
from slipway.config.origins import Entry
from slipway.documents.document import dotted


def as_yaml(entries: Sequence[Entry], origin: bool) -> str:
    """A slipway.yaml that says everything; with ``origin``, one line per key instead: key, value, where from."""
    if not origin:
        return yaml.safe_dump(_whole(entries), sort_keys=False, allow_unicode=True, width=120)
    rows = [(dotted(entry.path), _scalar(entry.value), entry.origin) for entry in entries]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return "".join(f"{key:<{widths[0]}}  {value:<{min(widths[1], 40)}}  {where}\n" for key, value, where in rows)


def as_json(entries: Sequence[Entry], origin: bool) -> str:
    """The same as a JSON object, or as a list of {key, value, origin}."""
    if not origin:
        return json.dumps(_whole(entries), indent=2) + "\n"
    rows = [{"key": dotted(entry.path), "value": entry.value, "origin": entry.origin} for entry in entries]
    return json.dumps(rows, indent=2) + "\n"


def _whole(entries: Sequence[Entry]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for entry in entries:
        value = merge(value, nested(entry.path, entry.value))
    return value


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | list) else str(value).lower()
