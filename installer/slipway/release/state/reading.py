"""Reading what a cluster keeps for us, and somebody may have damaged: what can be read is, the rest is named."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from slipway.catalog import Started
from slipway.kube import Ref

T = TypeVar("T")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
_API_VERSION = re.compile(r"([a-z0-9][a-z0-9.-]*/)?v[0-9][a-z0-9]*")
#: A name as a segment of a path: RBAC's may hold colons.
_NAME = re.compile(r"(?!\.{1,2}$)[^/%\s\x00-\x1f\x7f]{1,253}")
#: What json.loads raises: nesting without end, and numbers of more digits than Python converts, among it.
UNREADABLE = (ValueError, RecursionError)


class Reader:
    """The texts of a ConfigMap, one by one. ``damage`` says of each that could not be read what is wrong with it.

    A text that is missing is damage only where every version of Slipway wrote it (``needed``).
    """

    def __init__(self, data: Any) -> None:
        self._data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        self.damage: list[str] = []

    def text(self, key: str, *, needed: bool = False, like: str = r"(?s:.*)") -> str:
        """A text; "" for what is missing or not ``like`` it."""
        value = self._data.get(key)
        if value is None:
            if needed:
                self.damage.append(f"{key} is missing")
            return ""
        if isinstance(value, str) and re.fullmatch(like, value):
            return value
        self.damage.append(f"{key} is {_short(value)}")
        return ""

    def number(self, key: str) -> float:
        """A number that is not negative, else 0."""
        text = self.text(key)
        try:
            value = float(text or 0)
        except ValueError:
            value = math.nan
        if math.isfinite(value) and value >= 0:
            return value
        self.damage.append(f"{key} is {_short(text)}, no number")
        return 0.0

    def count(self, key: str) -> int:
        """A whole number that is not negative, else 0."""
        return int(self.text(key, like=r"[0-9]{0,9}") or 0)

    def texts(self, key: str, *, needed: bool = False) -> dict[str, str]:
        """A mapping from texts to texts; entries of anything else are left out."""
        value = self._json(key, dict, needed=needed)
        good = {name: item for name, item in value.items() if isinstance(item, str)}
        self._left_out(key, len(value) - len(good), len(value))
        return good

    def each(self, key: str, read: Callable[[Any], T], *, needed: bool = False) -> tuple[T, ...]:
        """The entries of a list; ``read`` raises one of ValueError and TypeError for those that are left out."""
        value, good = self._json(key, list, needed=needed), []
        for item in value:
            try:
                good.append(read(item))
            except (ValueError, TypeError):
                continue
        self._left_out(key, len(value) - len(good), len(value))
        return tuple(good)

    def _json(self, key: str, kind: type[Any], *, needed: bool) -> Any:
        text = self.text(key, needed=needed)
        if not text:
            return kind()
        try:
            value = json.loads(text)
        except UNREADABLE:
            self.damage.append(f"{key} is not JSON")
            return kind()
        if isinstance(value, kind):
            return value
        self.damage.append(f"{key} is not a {'list' if kind is list else 'mapping'}")
        return kind()

    def _left_out(self, key: str, bad: int, count: int) -> None:
        if bad:
            self.damage.append(f"{key}: {bad} of {count} entries cannot be read")


def ref(value: Any) -> Ref:
    """A Ref of [apiVersion, kind, namespace, name]. Raises ValueError for what names no object."""
    api_version, kind, namespace, name = _strings(value)
    fits = _API_VERSION.fullmatch(api_version) and _KIND.fullmatch(kind) and _NAME.fullmatch(name)
    if not fits or (namespace and not _NAME.fullmatch(namespace)):
        raise ValueError(value)
    return Ref(api_version, kind, namespace, name)


def started(value: Any) -> Started:
    """A Started of its four texts. Raises ValueError; also for one without labels, which would mean everything."""
    api_version, kind, namespace, labels = _strings(value)
    fits = _API_VERSION.fullmatch(api_version) and _KIND.fullmatch(kind) and _NAME.fullmatch(namespace)
    if not fits or not labels.strip():
        raise ValueError(value)
    return Started(api_version, kind, namespace, labels)


def name(value: Any) -> str:
    """A name. Raises ValueError."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(value)
    return value


def checksum(data: Mapping[str, str]) -> str:
    """Of the texts of a ConfigMap."""
    return hashlib.sha256(json.dumps(dict(data), sort_keys=True).encode()).hexdigest()


def _strings(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(item, str) for item in value):
        raise ValueError(value)
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
