"""A figure, and the one way to time a command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SLIPWAY = str(Path(sys.executable).with_name("slipway"))
MIB, GIB = 2**20, 2**30


@dataclass(frozen=True)
class Figure:
    """``value`` in ``unit``, made by ``command``; ``goal`` in the same unit or None. Lower is better."""

    name: str
    value: float
    unit: str
    command: str
    goal: float | None = None

    @property
    def line(self) -> str:
        """For people."""
        head = f"{self.name:<52}{self.value:10.2f} {self.unit:<4}"
        if self.goal is None:
            return head
        return f"{head} goal {self.goal:g} {self.unit}: {'met' if self.value <= self.goal else 'missed'}"


def timed(*arguments: str, env: dict[str, str] | None = None) -> float:
    """Wall time in seconds of one slipway command; a failure ends the benchmark with what it printed."""
    start = time.monotonic()
    done = subprocess.run(
        [SLIPWAY, *arguments], cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"slipway {' '.join(arguments)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return time.monotonic() - start
