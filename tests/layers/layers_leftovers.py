"""Processes that a layer started and that outlive it: an API server whose pytest was killed, for example.

A layer's environment names its run, and what it starts inherits that. Layers of the platform are not marked: the
platform is to stay when the layer has ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from machine_process import processes
from slipway.host.process import start_time

NAME = "SLIPWAY_TEST_RUN"


def mark(layer: str, place: Path) -> str:
    """The variable's value for a layer of this process, in the checkout ``place``."""
    return f"{os.getpid()}-{started(os.getpid())}-{layer}-{place}"


def started(pid: int) -> int:
    """When a process started, in ticks since the machine did; 0 where there is none of this number."""
    return start_time(pid) or 0


def marked() -> dict[int, str]:
    """pid → mark, of every process that has one; this process's own mark, where it is a layer's itself, left out."""
    found, own = {}, os.environ.get(NAME)
    for process in processes():
        with contextlib.suppress(OSError):
            for entry in (process / "environ").read_bytes().split(b"\0"):
                name, _, value = entry.decode(errors="replace").partition("=")
                if name == NAME and value != own:
                    found[int(process.name)] = value
    return found


def abandoned(value: str, place: Path) -> bool:
    """Whether the run that made a mark was of this checkout, and has ended."""
    pid, ticks, _, where = (*value.split("-", 3), "", "", "")[:4]
    return where == str(place) and pid.isdecimal() and str(started(int(pid))) != ticks


def end(values: set[str], seconds: float = 10) -> list[int]:
    """Kill all processes with these marks; the pids of those that were there."""
    ended: set[int] = set()
    deadline = time.monotonic() + seconds
    while left := {pid for pid, value in marked().items() if value in values}:
        ended |= left
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return sorted(ended)


def sweep(place: Path) -> list[int]:
    """End what runs of this checkout that are no more have left."""
    return end({value for value in marked().values() if abandoned(value, place)})
