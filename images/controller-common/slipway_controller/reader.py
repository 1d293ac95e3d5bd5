"""Checked access to JSON that anybody may have written: faults are collected, and what nobody asked for is known."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from typing import Any, Self, TypeVar

#: A JSON object: one of Kubernetes, or a part of it.
Obj = dict[str, Any]
T = TypeVar("T")
MAX_INT = 2**31 - 1


class Reader:
    """Reads fields of one JSON object; null counts as not given, as the API server has it.

    A field of another type than asked for is a fault, and read as if it were not given. ``where`` is the object's
    path with a dot at its end; ``faults`` are sentences, shared with the readers of objects inside.
    """

    #: What a number is to be.
    RANGE = "a whole number from {low} to {high}"

    def __init__(self, value: Obj, where: str = "", faults: list[str] | None = None) -> None:
        self.value, self.where = value, where
        self.faults: list[str] = [] if faults is None else faults
        self._read: set[str] = set()
        self._children: dict[str, Self] = {}

    def fault(self, name: str, message: str) -> None:
        """Note what is wrong with a field."""
        self.faults.append(f"{self.where}{name}: {message}")

    def expected(self, name: str, what: str, value: object) -> None:
        """Note that a field is something else than it is to be."""
        self.fault(name, f"{what} is expected, not {reprlib.repr(value)}")

    def unread(self) -> list[str]:
        """The fields, also of objects inside, that were never asked for; sorted."""
        own = [self.where + str(name) for name in self.value if name not in self._read]
        return sorted(own + [name for child in self._children.values() for name in child.unread()])

    def has(self, name: str) -> bool:
        """Whether the field is given."""
        return self.raw(name) is not None

    def raw(self, name: str) -> Any:
        """The field as it is."""
        self._read.add(name)
        return self.value.get(name)

    def text(self, name: str, default: str = "") -> str:
        """A string."""
        return self._typed(name, str, "a string", default)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        return self._typed(name, bool, "true or false", default)

    def integer(self, name: str, low: int = 0, high: int = MAX_INT) -> int | None:
        """A whole number within low…high."""
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.expected(name, self.RANGE.format(low=low, high=high), value)
            return None
        return value

    def choice(self, name: str, allowed: Iterable[str], default: str = "") -> str:
        """One of some strings."""
        value = self.text(name, default)
        if value != default and value not in (known := sorted(allowed)):
            self.fault(name, f"{reprlib.repr(value)} is none of {', '.join(known)}")
            return default
        return value

    def mapping(self, name: str) -> Obj:
        """An object."""
        value = self._typed(name, dict, "an object", {})
        if all(isinstance(key, str) for key in value):
            return value
        self.expected(name, "an object", value)
        return {}

    def strings(self, name: str) -> dict[str, str]:
        """An object of strings, such as labels; null is the empty one."""
        inside = type(self)(self.mapping(name), f"{self.where}{name}[", self.faults)
        return {key: inside._typed(key, str, "a string", "", f"{key}]") for key in inside.value}

    def nested(self, name: str) -> Self:
        """The reader of an object inside this one; its faults are ours."""
        if name not in self._children:
            self._children[name] = type(self)(self.mapping(name), f"{self.where}{name}.", self.faults)
        return self._children[name]

    def objects(self, name: str) -> list[Self]:
        """The readers of a list's objects, none of them null."""
        found = []
        for index, item in enumerate(self._typed(name, list, "a list of objects", [])):
            if isinstance(item, dict) and all(isinstance(key, str) for key in item):
                found.append(type(self)(item, f"{self.where}{name}[{index}].", self.faults))
            else:
                self.expected(f"{name}[{index}]", "an object", item)
        return found

    def _typed(self, name: str, kind: type[T], what: str, default: T, said: str = "") -> T:
        value = self.raw(name)
        if isinstance(value, kind):
            return value
        if value is not None:
            self.expected(said or name, what, value)
        return default
