"""The fields in which two objects differ, and who wrote them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.kube import Obj
from slipway.release.diff.model import Field

#: Keys that tell items of a list apart, in the order in which they are tried. Source: the API's list-map-keys.
_KEYS = ("name", "containerPort", "port", "mountPath", "key", "ip", "type", "uid")


def differences(before: Obj, after: Obj, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(path, before, after) of every leaf that differs; items of lists are matched by their names."""
    for key in [*before, *(key for key in after if key not in before)]:
        yield from _differ(before.get(key), after.get(key), f"{path}.{_word(key)}" if path else _word(key))


def _word(key: str) -> str:
    """Keys with dots or slashes (labels, files of a ConfigMap) in brackets."""
    return key if all(char not in key for char in "./[]") else f"[{key}]"


def _differ(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from differences(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif before != after:
        yield path, before, after


def _lists(before: list[Any], after: list[Any], path: str) -> Iterator[tuple[str, Any, Any]]:
    key = _key(before, after)
    if not key:
        if before != after:
            yield path, before, after
        return
    old, new = ({str(item[key]): item for item in items} for items in (before, after))
    for name in [*old, *(name for name in new if name not in old)]:
        yield from _differ(old.get(name), new.get(name), f"{path}[{key}={name}]")
    if list(old) != list(new) and set(old) == set(new):
        yield f"{path} (order)", list(old), list(new)


def _key(before: list[Any], after: list[Any]) -> str:
    """The key that names the items of both lists, "" when there is none."""
    for key in _KEYS:
        if all(isinstance(item, dict) and key in item for item in (*before, *after)) and (before or after):
            names = [[str(item[key]) for item in items] for items in (before, after)]
            if all(len(set(values)) == len(values) for values in names):
                return key
    return ""


def owner_of(obj: Obj, path: str, ours: str) -> tuple[str, str, str]:
    """(manager, time, subresource) of who but ``ours`` owns a path as ``differences`` writes it; else blank."""
    for item in (obj.get("metadata") or {}).get("managedFields") or []:
        if item.get("manager", "") != ours and _owns(item.get("fieldsV1") or {}, list(_steps(path))):
            return item.get("manager", ""), item.get("time", ""), item.get("subresource", "")
    return "", "", ""


def _steps(path: str) -> Iterator[tuple[str, str]]:
    """("", key) for a field, (key, value) for an item of a list."""
    rest = path.removesuffix(" (order)")
    while rest:
        if rest[0] == ".":
            rest = rest[1:]
            continue
        if rest[0] == "[":
            inner, _, rest = rest[1:].partition("]")
            name, equals, value = inner.partition("=")
            yield (name, value) if equals and name in _KEYS else ("", inner)
            continue
        end = min((rest.find(char) for char in ".[" if char in rest), default=len(rest))
        yield "", rest[:end]
        rest = rest[end:]


def _owns(fields: Mapping[str, Any], steps: list[tuple[str, str]]) -> bool:
    if not steps:
        return True
    (kind, name), rest = steps[0], steps[1:]
    if not kind:
        return f"f:{name}" in fields and _owns_below(fields[f"f:{name}"], rest)
    for key, inner in fields.items():
        if key.startswith("k:") and str(json.loads(key[2:]).get(kind)) == name:
            return _owns_below(inner, rest)
    return False


def _owns_below(fields: Mapping[str, Any], rest: list[tuple[str, str]]) -> bool:
    # An empty set: the whole value is owned, whatever is in it.
    return True if not fields else _owns(fields, rest)


def fields_of(before: Obj, after: Obj, live: Obj, ours: str) -> tuple[Field, ...]:
    """The differences with the owners of what is there now."""
    return tuple(
        Field(path, old, new, *(owner_of(live, path, ours) if old is not None else ("", "", "")))
        for path, old, new in differences(before, after)
    )
