"""Typed reading of a Mapping's spec: what the gateway's fields have beside strings and numbers."""

from __future__ import annotations

import re
import reprlib

from slipway_controller import reader

from slipway_gateway import regex
from slipway_gateway.model import Faulty

_DURATION = re.compile(r"^(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)$")
_TOKEN = re.compile(r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Reader(reader.Reader):
    """Reads fields of one object of a Mapping."""

    def finish(self) -> None:
        """Raises Faulty with every fault that was met."""
        if self.faults:
            raise Faulty("; ".join(dict.fromkeys(self.faults)))

    def text(self, name: str, default: str = "") -> str:
        """A string without control characters, which Envoy would refuse."""
        value = super().text(name, default)
        if value.isprintable():
            return value
        self.expected(name, "a string", value)
        return default

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
            self.expected(name, "a duration such as 1.5s or 300ms", value)
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
        self.expected(name, "a list of strings", value)
        return []

    def header_name(self, field: str, name: str, *, pseudo: bool = False) -> bool:
        """Whether ``name`` can be a header's name; a fault of ``field`` otherwise."""
        plain = name[1:] if pseudo and name.startswith(":") else name
        if _TOKEN.match(plain) and len(name) <= 256:
            return True
        self.fault(field, f"{reprlib.repr(name)} is no header name")
        return False
