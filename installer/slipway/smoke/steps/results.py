"""Results that Pods print: lines of JSON among others."""

from __future__ import annotations

import json
from typing import Any

from slipway.errors import SlipwayError


def objects(log: str) -> list[dict[str, Any]]:
    """The lines of a log that are JSON objects."""
    values: list[dict[str, Any]] = []
    for line in log.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            values.append(value)
    return values


def last(log: str, *keys: str, where: str) -> dict[str, Any]:
    """The last JSON object with these keys. Raises SlipwayError with the log's end when there is none."""
    matching = [value for value in objects(log) if all(key in value for key in keys)]
    if matching:
        return matching[-1]
    raise SlipwayError("printed no result", where, "", tuple(log.splitlines()[-8:]))
