"""The machine's own cluster, caches filled. The one that is there is removed with its data, and a new one stays."""

from __future__ import annotations

import time

import machine
from figure import GIB, Figure, timed


def measure() -> list[Figure]:
    """From a deleted cluster, then the smoke test, then nothing to do, then memory at rest."""
    timed("down", "--data")
    figures = [
        Figure("deleted cluster → all ready", timed("up", "--skip-smoke"), "s", "slipway up --skip-smoke", 90),
        Figure("smoke test", timed("smoke"), "s", "slipway smoke", 180),
        Figure("smoke test again", timed("smoke"), "s", "slipway smoke", 180),
        Figure("up on a running platform", timed("up", "--skip-smoke"), "s", "slipway up --skip-smoke", 10),
    ]
    time.sleep(30)
    total, per = machine.proportional_memory()
    for name, size in list(per.items())[:12]:
        print(f"  {size / 2**20:8.0f} MiB  {name}")
    return [*figures, Figure("memory at rest (PSS)", total / GIB, "GiB", "sum of smaps_rollup", 3)]
