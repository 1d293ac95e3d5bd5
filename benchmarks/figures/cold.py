"""The README's first command on a bare machine with no cache at all. Only on request (COLD=1): it compiles Kubernetes.

The machine is that of `make fresh`: a bare Debian root in namespaces, a fresh clone of HEAD, nothing lent.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

from figure import ROOT, Figure

COMMAND = "make up in a fresh clone on a bare Debian root, nothing cached"
GOAL = 1200
#: A finished phase as `slipway up` tells it.
_PHASE = re.compile(r"✓ phase: (\w+) \(([\d.]+) s\)")


def measure() -> list[Figure]:
    """The whole, its phases, and where the processors' time went; the machine is gone afterwards."""
    from fresh_machine import MEDIA, fresh

    with tempfile.TemporaryDirectory(prefix="slipway-cold-", dir="/var/tmp") as directory:
        disk = Path(directory)
        subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, disk / "slipway.git"], check=True)
        with fresh(disk, lend=False) as machine:
            machine.run(f"git clone --quiet {MEDIA} slipway", cwd="/root")
            before, start = machine.cpu_seconds(), time.monotonic()
            said = machine.run("make up", seconds=5400).stdout
            whole, spent = time.monotonic() - start, machine.cpu_seconds() - before
            built = spent_by_artifact(machine.machine.root / "root/.cache/slipway")
    phases = [Figure(f"cold: phase {name}", float(seconds), "s", COMMAND) for name, seconds in _PHASE.findall(said)]
    return [
        Figure("cold: nothing cached → smoke test passed", whole, "s", COMMAND, GOAL),
        *phases,
        Figure("cold: processor time", spent, "s", COMMAND),
        *(Figure(f"cold: processor time of {name}", seconds, "s", COMMAND) for name, seconds in built),
    ]


def spent_by_artifact(cache: Path) -> list[tuple[str, float]]:
    """(kind and name, processor seconds) of what was built, the dearest first."""
    found = [json.loads(path.read_text()) for path in cache.glob("*/*/slipway.json")]
    rows = [(f"{item['kind']} {item['name']}", float(item.get("cpu_seconds", 0))) for item in found]
    return sorted(rows, key=lambda row: -row[1])
