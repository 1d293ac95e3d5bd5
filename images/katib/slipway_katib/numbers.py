"""Numbers as Go's strconv.ParseFloat reads them, for Katib compares metric values so."""

from __future__ import annotations

import math
import re

_FLOAT = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII)


def parse(text: str) -> float | None:
    """The number, or None when the text is none (or is too large for 64 bits)."""
    if not _FLOAT.fullmatch(text):
        return None
    value = float(text)
    # Go reports 1e999 as out of range, while 'inf' is a value.
    if math.isinf(value) and "n" not in text.lower():
        return None
    return value
