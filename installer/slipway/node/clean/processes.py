"""Processes of the node that no keeper knows: shims, and what runs in pods. Chosen by what they are, not by name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from slipway.host.process import start_time
from slipway.waiting import Clock, settle


@dataclass(frozen=True)
class Seen:
    """A process: its command line and the text of its cgroup file."""

    pid: int
    started: int
    argv: tuple[str, ...]
    cgroup: str


def processes(proc: Path = Path("/proc")) -> list[Seen]:
    """All processes that have a command line."""
    running = []
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            argv = tuple(
                part.decode("utf-8", "replace") for part in (entry / "cmdline").read_bytes().split(b"\0") if part
            )
            cgroup = (entry / "cgroup").read_text()
        except OSError:
            continue
        started = start_time(int(entry.name))
        if argv and started is not None:
            running.append(Seen(int(entry.name), started, argv, cgroup))
    return running


def is_shim(process: Seen, socket: str) -> bool:
    """Whether it is a shim of the containerd at this socket."""
    return "containerd-shim" in Path(process.argv[0]).name and socket in process.argv


def in_pod(process: Seen) -> bool:
    """Whether it runs in a cgroup that this machine's kubelet made for a pod (both drivers, both cgroup versions).

    Only at the top of the hierarchy: pods of a kind cluster are below the cgroup of its container.
    """
    paths = (line.split(":", 2)[2] for line in process.cgroup.splitlines() if line.count(":") >= 2)
    return any(path.split("/")[1:2] in (["kubepods"], ["kubepods.slice"]) for path in paths)


def end(
    select: Callable[[Seen], bool], *, seconds: float, list_all: Callable[[], Iterable[Seen]] = processes
) -> list[int]:
    """SIGTERM to those selected, SIGKILL after ``seconds``; the pids that were found."""
    chosen = [process for process in list_all() if select(process)]
    for process in chosen:
        _send(process, signal.SIGTERM)
    settle(lambda: any(map(_alive, chosen)), lambda alive: not alive, Clock(seconds), every=0.05)
    for _ in range(40):
        rest = [process for process in list_all() if select(process)]
        for process in rest:
            _send(process, signal.SIGKILL)
        if not rest:
            break
        time.sleep(0.05)
    return [process.pid for process in chosen]


def _alive(process: Seen) -> bool:
    return start_time(process.pid) == process.started


def _send(process: Seen, number: int) -> None:
    # The pidfd is taken first and the identity looked at afterwards: the pid cannot change its owner in between.
    try:
        pidfd = os.pidfd_open(process.pid)
    except OSError:
        return
    try:
        if _alive(process):
            signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(pidfd)
