"""The answer of every module here, and what they share."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A run of a program in a log, as process.run begins it.
_CALL = re.compile(r"^\$ ", re.MULTILINE)
_LONGEST = 90


@dataclass(frozen=True)
class Doing:
    """``text`` is one short line; ``part`` is how much of the build is done (0…1), None where nothing says it."""

    text: str = ""
    part: float | None = None


def calls(log: str) -> list[str]:
    """The log by programs: each part begins with the command line."""
    return _CALL.split(log)[1:]


def count(number: int) -> str:
    """``1,420``."""
    return f"{number:,}"


def short(text: str) -> str:
    """A line that fits beside a name and a time; blanks in it are one."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
