"""What is wrong, and where."""

from __future__ import annotations

from dataclasses import dataclass

_MAX = 300


@dataclass(frozen=True)
class Problem:
    """``field`` is a path such as spec.parameters[0].feasibleSpace.max."""

    field: str
    text: str

    def __str__(self) -> str:
        text = self.text if len(self.text) <= _MAX else self.text[:_MAX] + "…"
        return f"{self.field} {text}"
