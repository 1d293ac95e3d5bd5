"""Objects in a component.yaml: words that are filled in, one object as a change of another, what an answer lacks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from slipway.naming import own_image
from slipway.readiness.context import ProbeContext

IMAGE = own_image("base")


def filled(value: Any, ctx: ProbeContext) -> Any:
    """The value with ``{project}``, ``{random}`` (one word for the whole value) and ``{image}`` in its texts filled in.

    The image is the component's setting ``helper_image``, where there is one, else Slipway's ``base``.
    """
    words = {"project": ctx.project, "random": secrets.token_hex(8)}
    return _replace(value, {**words, "image": ctx.settings.get("helper_image", IMAGE)})


def _replace(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _replace(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace(item, words) for item in value]
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(f"{{{name}}}", word)
    return value


def merged(obj: Any, change: Any) -> Any:
    """A JSON merge patch (RFC 7386): mappings are merged, null removes, everything else replaces."""
    if not isinstance(change, Mapping):
        return change
    result = dict(obj) if isinstance(obj, Mapping) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def lacking(actual: Any, wanted: Any, path: str = "") -> tuple[str, Any] | None:
    """(path, what is there instead) of the first field that is another than in ``wanted``; lists are compared whole."""
    if not isinstance(wanted, Mapping):
        return None if actual == wanted else (path, actual)
    for key, value in wanted.items():
        inside = actual.get(key) if isinstance(actual, Mapping) else None
        missing = lacking(inside, value, f"{path}.{key}" if path else str(key))
        if missing:
            return missing
    return None
