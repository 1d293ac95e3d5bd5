"""The bare machine: booted, on the network, its clients configured as this machine's are."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import fresh_clients
import fresh_rootfs
import machine_cgroup
from machine_bare import Machine
from machine_uplink import uplink
from slipway import paths

NAME = "slipway-fresh"
#: Where the machine sees the repository, and what of this machine's Pythons and built programs it is lent.
MEDIA = "/media/slipway.git"
PROGRAMS = "/media/programs"
#: Compiled for the place where they lie, hence the same one there.
PYTHONS = Path.home() / ".pyenv/versions"


@dataclass
class Fresh:
    """``run`` as Machine's, with the clients' variables; in the clone unless ``cwd`` says otherwise."""

    machine: Machine
    variables: Mapping[str, str]

    def run(
        self,
        command: str,
        *,
        cwd: str = "/root/slipway",
        seconds: float = 900,
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """A line of a shell, as a user types it."""
        words = ["sh", "-c", f"cd '{cwd}' && {command}"]
        return self.machine.run(*words, seconds=seconds, check=check, env={**self.variables, **(env or {})})

    def has(self, program: str) -> bool:
        """Whether a program is on the PATH."""
        return self.run(f"command -v {program}", cwd="/", check=False).returncode == 0

    def cpu_seconds(self) -> float:
        """User and system time of all that ever ran in the machine."""
        for group in machine_cgroup.existing(self.machine.name):
            if (group / "cpuacct.usage").exists():
                return int((group / "cpuacct.usage").read_text()) / 1e9
            if (group / "cpu.stat").exists() and "usage_usec" in (group / "cpu.stat").read_text():
                rows = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
                return int(rows["usage_usec"]) / 1e6
        raise FileNotFoundError(f"no accounting of {self.machine.name}'s processors")


@contextlib.contextmanager
def fresh(disk: Path, *, lend: bool) -> Iterator[Fresh]:
    """A machine whose disk lies below ``disk``, where slipway.git is. ``lend``: it sees this machine's download caches,
    and the programs that Slipway built here."""
    lent = [f"ro:{disk / 'slipway.git'}:{MEDIA}", *(fresh_clients.lent(disk) if lend else [])]
    if PYTHONS.is_dir():
        lent.append(f"ro:{PYTHONS}:{PYTHONS}")
    built = paths.cache() / "binaries"
    if lend and built.is_dir():
        lent.append(f"ro:{built}:{PROGRAMS}")
    machine = Machine(NAME, fresh_rootfs.ensure(), disk, lent)
    try:
        fresh_clients.configure(machine.root)
        with uplink(machine.pid):
            yield Fresh(machine, fresh_clients.environment())
    finally:
        machine.end()
