"""What a command costs before it does anything."""

from __future__ import annotations

from figure import Figure, timed


def measure() -> list[Figure]:
    """The best of seven: what the code costs, not what the machine did beside it."""
    return [
        Figure(f"slipway {word}", min(timed(word) for _ in range(7)), "s", f"slipway {word}", 0.15)
        for word in ("--help", "version")
    ]
