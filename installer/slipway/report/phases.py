"""The times of the phases."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.progress import Timing
from slipway.report.table import text_table


def phases(timings: Iterable[Timing]) -> str:
    """A table: phase and seconds, and their sum."""
    chosen = [timing for timing in timings if timing.group == "phase"]
    rows = [[f"{'✓' if timing.ok else '✗'} {timing.name}", f"{timing.seconds:.1f}"] for timing in chosen]
    rows.append(["  together", f"{sum(timing.seconds for timing in chosen):.1f}"])
    return text_table(["phase", "seconds"], rows, right=(1,))
