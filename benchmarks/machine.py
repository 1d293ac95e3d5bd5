"""The machine that a figure belongs to, and the memory of what runs on it."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from slipway.node.clean.processes import in_pod, processes


def describe() -> dict[str, object]:
    """Processor, cores, memory in GiB, kernel and commit; no name of the machine."""
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")), platform.machine()
    )
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(total / 2**30, 1),
        "kernel": platform.release(),
        "commit": commit.strip(),
    }


def proportional_memory() -> tuple[int, dict[str, int]]:
    """(bytes in all, bytes per program) of the platform: PSS of the node's processes and of everything in pods."""
    per: dict[str, int] = {}
    for process in processes():
        node = any("/slipway/" in part for part in process.argv)
        if not (node or in_pod(process)):
            continue
        name = Path(process.argv[0]).name
        per[name] = per.get(name, 0) + _pss(process.pid)
    return sum(per.values()), dict(sorted(per.items(), key=lambda item: -item[1]))


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
