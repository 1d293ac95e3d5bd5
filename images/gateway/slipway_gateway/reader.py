"""Typed reading of a Mapping's spec: every fault is collected, every field that nobody asked for is known."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable
from typing import Any

from slipway_gateway import regex
from slipway_gateway.model import Faulty, Json

MAX_INT = 2**31 - 1
_DURATION = re.compile(r"^(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)$")
_TOKEN = re.compile(r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Reader:
    """Reads fields of one JSON object. ``finish`` raises Faulty with every fault that was met."""

    def __init__(self, spec: Json, where: str = "", faults: list[str] | None = None) -> None:
        self._spec = spec
        self._where = where
        self._read: set[str] = set()
        self._children: dict[str, Reader] = {}
        self.faults: list[str] = [] if faults is None else faults

    def fault(self, name: str, message: str) -> None:
        self.faults.append(f"{self._where}{name}: {message}")

    def finish(self) -> None:
        if self.faults:
            raise Faulty("; ".join(dict.fromkeys(self.faults)))

    def unread(self) -> list[str]:
        """The fields, also of objects inside, that were never asked for; sorted."""
        own = [self._where + str(name) for name in self._spec if name not in self._read]
        return sorted(own + [name for child in self._children.values() for name in child.unread()])

    def has(self, name: str) -> bool:
        """Whether the field is given; null counts as not given, as the API server has it."""
        self._read.add(name)
        return self._spec.get(name) is not None

    def raw(self, name: str) -> Any:
        self._read.add(name)
        return self._spec.get(name)

    def text(self, name: str, default: str = "") -> str:
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, str) and "\0" not in value and value.isprintable():
            return value
        self.fault(name, f"a string is expected, not {reprlib.repr(value)}")
        return default

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        self.fault(name, f"true or false is expected, not {reprlib.repr(value)}")
        return default

    def integer(self, name: str, low: int = 0, high: int = MAX_INT) -> int | None:
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(name, f"a whole number from {low} to {high} is expected, not {reprlib.repr(value)}")
            return None
        return value

    def choice(self, name: str, allowed: Iterable[str], default: str = "") -> str:
        value = self.text(name, default)
        if value != default and value not in (known := sorted(allowed)):
            self.fault(name, f"{reprlib.repr(value)} is none of {', '.join(known)}")
            return default
        return value

    def pattern(self, name: str) -> str:
        value = self.text(name)
        self.check_pattern(name, value)
        return value

    def check_pattern(self, name: str, value: str) -> None:
        if why := regex.problem(value):
            self.fault(name, f"no regular expression: {why}")

    def duration(self, name: str) -> str:
        """A duration as Envoy's JSON writes it ("1.500s"); "" when it is not given."""
        value = self.raw(name)
        if value is None:
            return ""
        found = _DURATION.match(value) if isinstance(value, str) else None
        if found is None:
            self.fault(name, f"a duration such as 1.5s or 300ms is expected, not {reprlib.repr(value)}")
            return ""
        return f"{float(found[1]) * _UNITS[found[2]]:.3f}s"

    def millis(self, name: str) -> str:
        """A number of milliseconds as Envoy's JSON writes durations; "" when it is not given."""
        value = self.integer(name)
        return "" if value is None else f"{value / 1000:.3f}s"

    def texts(self, name: str, separator: str = "") -> list[str]:
        """A list of strings; also one string, split at ``separator`` if there is one (as v2 has it)."""
        value = self.raw(name)
        if value is None:
            return []
        if isinstance(value, str):
            value = [part.strip() for part in value.split(separator)] if separator else [value]
        if isinstance(value, list) and all(isinstance(item, str) and item.isprintable() for item in value):
            return [item for item in value if item]
        self.fault(name, f"a list of strings is expected, not {reprlib.repr(value)}")
        return []

    def mapping(self, name: str) -> Json:
        value = self.raw(name)
        if value is None:
            return {}
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return value
        self.fault(name, f"an object is expected, not {reprlib.repr(value)}")
        return {}

    def nested(self, name: str) -> Reader:
        """The reader of an object inside this one; its faults are ours."""
        if name not in self._children:
            self._children[name] = Reader(self.mapping(name), f"{self._where}{name}.", self.faults)
        return self._children[name]

    def header_name(self, field: str, name: str, *, pseudo: bool = False) -> bool:
        """Whether ``name`` can be a header's name; a fault of ``field`` otherwise."""
        plain = name[1:] if pseudo and name.startswith(":") else name
        if _TOKEN.match(plain) and len(name) <= 256:
            return True
        self.fault(field, f"{reprlib.repr(name)} is no header name")
        return False
