"""The newest known state of one kind of object, from watch events and full listings in any order.

A watch that broke may have missed deletions; a full listing finds them. Resource versions tell which of the two is
newer: they are the API server's revision numbers (KEP-5504).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from slipway_gateway.model import Json

T = TypeVar("T")
Key = tuple[str, str]


class Store(Generic[T]):
    """What ``convert`` makes of each object (None: not of interest), by (namespace, name)."""

    def __init__(self, convert: Callable[[Json], T | None]) -> None:
        self._convert = convert
        self._versions: dict[Key, int] = {}
        self._values: dict[Key, T] = {}
        self._deleted: dict[Key, int] = {}

    def values(self) -> Mapping[Key, T]:
        return self._values

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._values.values()))

    def event(self, kind: str | None, obj: Json) -> bool:
        """Takes a watch event; whether it changed anything that is of interest."""
        key, version = _identity(obj)
        if kind == "DELETED":
            self._deleted[key] = max(version, self._deleted.get(key, 0))
            return self._remove(key, version)
        return self._put(key, version, obj)

    def replace(self, objects: Iterable[Json], version: int) -> bool:
        """Takes a full listing of ``version``: what it lacks is gone, unless it came later."""
        changed, seen = False, set()
        for obj in objects:
            key, own = _identity(obj)
            seen.add(key)
            changed |= self._put(key, own, obj)
        for key in set(self._versions) - seen:
            changed |= self._remove(key, version)
        self._deleted = {key: gone for key, gone in self._deleted.items() if gone > version}
        return changed

    def _put(self, key: Key, version: int, obj: Json) -> bool:
        if version < self._versions.get(key, 0) or version < self._deleted.get(key, 0):
            return False
        self._versions[key] = version
        value, before = self._convert(obj), self._values.get(key)
        if value is None:
            return self._values.pop(key, None) is not None
        self._values[key] = value
        return value != before

    def _remove(self, key: Key, version: int) -> bool:
        if self._versions.get(key, 0) > version:
            return False
        self._versions.pop(key, None)
        return self._values.pop(key, None) is not None


def _identity(obj: Json) -> tuple[Key, int]:
    meta = obj["metadata"]
    return (meta.get("namespace", ""), meta["name"]), int(meta.get("resourceVersion") or 0)
