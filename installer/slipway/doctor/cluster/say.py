"""Short words for findings of the cluster's checks; their name is filled in by the one who runs them."""

from __future__ import annotations

from slipway.doctor.model import Finding


def many(count: int, what: str) -> str:
    """1 node, 2 nodes."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def ok(says: str) -> Finding:
    """All is well."""
    return Finding("", "ok", says)


def warn(says: str, remedy: str) -> Finding:
    """Works, or may work, with limits."""
    return Finding("", "warning", says, remedy)


def fail(says: str, remedy: str) -> Finding:
    """Stands in the way."""
    return Finding("", "error", says, remedy)


def skip(reason: str) -> Finding:
    """Could not be looked at, or there is nothing to look at."""
    return Finding("", "skip", reason)
