"""Slipway's figures: `make bench` prints them and keeps out/bench.json; one module of figures/ each.

Without --only everything but `cold` is measured. `cold` empties no cache of yours: it works with new ones.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The API server and the machines are those of the tests.
sys.path[:0] = [str(HERE), *(str(HERE.parent / "tests" / name) for name in ("api", "fresh", "support"))]

import machine  # noqa: E402
from figure import ROOT, Figure  # noqa: E402
from slipway import signals  # noqa: E402
from slipway.errors import SlipwayError  # noqa: E402
from slipway.host import packages  # noqa: E402
from slipway.progress import Reporter  # noqa: E402

#: In this order: `warm` comes last, since it leaves a cluster behind.
NAMES = ("startup", "executor", "overlays", "growth", "peers", "bundle", "cluster_playbook", "cold", "warm")


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=NAMES, help="just this; repeatable")
    parser.add_argument("--cold", action="store_true", help="also with no caches (takes long)")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "bench.json")
    options = parser.parse_args()
    wanted = options.only or [name for name in NAMES if name != "cold" or options.cold]
    ensure_programs()
    about = machine.describe()
    print(f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, kernel {about['kernel']}", flush=True)
    groups: dict[str, list[Figure]] = {}
    for name in wanted:
        print(f"{name}:", flush=True)
        groups[name] = importlib.import_module(f"figures.{name}").measure()
        for figure in groups[name]:
            print(f"  {figure.line}   [{figure.command}]", flush=True)
        keep(options.out, about, groups)


def ensure_programs() -> None:
    """The host's programs of all figures, before the first is measured."""
    try:
        packages.ensure("benchmarks", Reporter())
    except SlipwayError as error:
        sys.exit(f"✗ {error}")


def keep(path: Path, about: dict[str, object], groups: dict[str, list[Figure]]) -> None:
    """Write what was measured; figures of other groups, of an earlier run, stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        old = json.loads(path.read_text())["groups"]
    except (OSError, ValueError, KeyError):
        old = {}
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    new = {
        name: {"machine": about, "time": when, "figures": [asdict(figure) for figure in figures]}
        for name, figures in groups.items()
    }
    path.write_text(json.dumps({"groups": {**old, **new}}, indent=1) + "\n")


def program() -> None:
    """What was started for a figure ends with it, also by SIGTERM and when the terminal is closed."""
    try:
        with signals.ending():
            main()
    except KeyboardInterrupt:
        sys.exit(signals.code())


if __name__ == "__main__":
    program()
