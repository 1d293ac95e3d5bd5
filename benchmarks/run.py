"""Slipway's figures: `make bench` prints them and keeps out/bench.json.

`--cold` empties no cache of yours: it works with new ones, made for the run and removed afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import machine

ROOT = Path(__file__).resolve().parents[1]
SLIPWAY = str(Path(sys.executable).with_name("slipway"))
GIB = 2**30


@dataclass(frozen=True)
class Figure:
    """``value`` against ``goal``, both in ``unit``; lower is better."""

    name: str
    value: float
    unit: str
    goal: float
    command: str


def timed(*arguments: str, env: dict[str, str] | None = None) -> float:
    """Wall time in seconds of one command; a failure ends the benchmark with what it printed."""
    start = time.monotonic()
    done = subprocess.run(
        [SLIPWAY, *arguments], cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"slipway {' '.join(arguments)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return time.monotonic() - start


def start_up() -> Figure:
    """The best of seven: what the code costs, not what the machine did beside it."""
    return Figure("slipway --help", min(timed("--help") for _ in range(7)), "s", 0.15, "slipway --help")


def cold(scratch: Path) -> Figure:
    """`slipway up` with no cache at all: Slipway's own, Go's, pip's and npm's."""
    env = {
        "XDG_CACHE_HOME": str(scratch / "cache"),
        "GOCACHE": str(scratch / "go-build"),
        "GOMODCACHE": str(scratch / "go-mod"),
        "PIP_CACHE_DIR": str(scratch / "pip"),
        "npm_config_cache": str(scratch / "npm"),
    }
    timed("down", "--data")
    seconds = timed("up", env=env)
    return Figure("cold: nothing cached → smoke test passed", seconds, "s", 1500, "slipway up, all caches empty")


def warm() -> list[Figure]:
    """From a deleted cluster with caches, then the smoke test, then nothing to do, then memory at rest."""
    timed("down", "--data")
    figures = [
        Figure("deleted cluster → all ready", timed("up", "--skip-smoke"), "s", 90, "slipway up --skip-smoke"),
        Figure("smoke test", timed("smoke"), "s", 180, "slipway smoke"),
        Figure("smoke test again", timed("smoke"), "s", 180, "slipway smoke"),
        Figure("up on a running platform", timed("up", "--skip-smoke"), "s", 10, "slipway up --skip-smoke"),
    ]
    time.sleep(30)
    total, per = machine.proportional_memory()
    for name, size in list(per.items())[:12]:
        print(f"  {size / 2**20:8.0f} MiB  {name}")
    return [*figures, Figure("memory at rest (PSS)", total / GIB, "GiB", 3, "sum of smaps_rollup")]


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true", help="also with no caches (takes long)")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "bench.json")
    options = parser.parse_args()
    figures = [start_up()]
    if options.cold:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
            figures.append(cold(Path(scratch)))
            # Go keeps its module cache read-only.
            subprocess.run(["chmod", "-R", "u+w", scratch], check=False)
    figures += warm()
    about = machine.describe()
    print(f"\n{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, kernel {about['kernel']}")
    for figure in figures:
        verdict = "met" if figure.value <= figure.goal else "missed"
        print(f"{figure.name:<42}{figure.value:9.2f} {figure.unit:<4} goal {figure.goal:g} {figure.unit}: {verdict}")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "machine": about,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "figures": [asdict(figure) for figure in figures],
    }
    options.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
