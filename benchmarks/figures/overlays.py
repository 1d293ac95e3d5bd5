"""Rendering: every overlay, as `slipway render` does it."""

from __future__ import annotations

from figure import ROOT, Figure, timed
from slipway.catalog import overlays


def measure() -> list[Figure]:
    """Each overlay once, and all of them together."""
    names = overlays(ROOT)
    each = {name: timed("render", "--overlay", name) for name in names}
    figures = [
        Figure(f"render {name}", seconds, "s", f"slipway render --overlay {name}") for name, seconds in each.items()
    ]
    return [*figures, Figure(f"render all {len(names)} overlays", sum(each.values()), "s", "the sum")]
