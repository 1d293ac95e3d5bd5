"""What a check says, of a machine and of a cluster alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Result = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """One answer of a check; ``says`` is what it saw, and of anything but ``ok`` the cause."""

    result: Result
    says: str
    remedy: str = ""


def ok(says: str) -> Finding:
    """All is well."""
    return Finding("ok", says)


def warn(says: str, remedy: str) -> Finding:
    """Works, or may work, with limits."""
    return Finding("warn", says, remedy)


def fail(says: str, remedy: str) -> Finding:
    """Stands in the way: an installation does not begin, or does not end well."""
    return Finding("fail", says, remedy)


def skip(reason: str) -> Finding:
    """Could not be looked at, or there is nothing to look at."""
    return Finding("skip", reason)


def many(count: int, what: str) -> str:
    """1 node, 2 nodes."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
