"""What this machine can carry: read before the first layer starts, so that nobody waits for what cannot be."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import host_programs
import machine_cgroup
import machine_rootfs
from layers_model import LAYERS, Layer
from slipway.artifacts import apt
from slipway.doctor.gather import meminfo
from slipway.doctor.preflight import preflight
from slipway.errors import SlipwayError
from slipway.host import packages

#: Where machines have their disks: not in memory, as /tmp may be.
DISK = Path("/var/tmp")
PROBED = "slipway-probed"
#: Two layers at a time: below this they would take each other's memory or processor.
BESIDE_CORES, BESIDE_GIB = 2, 12


@dataclass(frozen=True)
class Machine:
    """``disk`` and ``memory`` are free GiB, ``cores`` those that this process may use. The texts say why something
    cannot be; "" where it can. ``node``: what the doctor has against a node here. ``programs``: layer → what it lacks
    and cannot get."""

    root: bool
    namespaces: str
    cgroups: str
    sources: str
    disk: float
    memory: float
    cores: int
    node: Sequence[str] = ()
    programs: Mapping[str, str] = field(default_factory=dict)


def missing(layer: Layer, machine: Machine) -> str:
    """Why the machine cannot carry the layer; "" where it can."""
    whys = [machine.programs.get(layer.name, "")]
    if (layer.machines or layer.platform) and not machine.root:
        return "needs root"
    if layer.machines:
        whys += [machine.namespaces, machine.cgroups, machine.sources]
    if layer.platform:
        whys += machine.node
    if machine.disk < layer.gib:
        whys.append(f"{layer.gib:.0f} GiB of disk in {DISK}, {machine.disk:.1f} are free")
    if machine.memory < layer.memory:
        whys.append(f"{layer.memory:.0f} GiB of memory, {machine.memory:.1f} are free")
    return "; ".join(why for why in whys if why)


def may_run_beside(machine: Machine) -> bool:
    """Whether two layers at a time are a gain here."""
    return machine.cores >= BESIDE_CORES and machine.memory >= BESIDE_GIB


def probe() -> Machine:
    """This machine; what is tried out is undone."""
    root = os.geteuid() == 0
    return Machine(
        root=root,
        namespaces=_namespaces() if root else "",
        cgroups=_cgroups() if root else "",
        sources=_sources(),
        disk=shutil.disk_usage(DISK).free / 1024**3,
        memory=meminfo(Path("/proc/meminfo").read_text()).get("MemAvailable", 0) / 1024,
        cores=len(os.sched_getaffinity(0)),
        node=_node() if root else (),
        programs={layer.name: why for layer in LAYERS if (why := _programs(layer.name))},
    )


def _namespaces() -> str:
    # As machine_boot.sh enters them, with the first mount and the first device of a machine.
    script = "mount -t proc proc /proc && mount -t tmpfs tmpfs /mnt && { ! command -v ip || ip link set lo up; }"
    command = ["unshare", "--fork", "--pid", "--mount", "--uts", "--ipc", "--net", "--cgroup", "sh", "-c", script]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        return "unshare is not installed"
    return f"no namespaces: {_last(done.stderr)}" if done.returncode else ""


def _cgroups() -> str:
    try:
        if not machine_cgroup.hierarchies():
            return "no cgroups are mounted"
        machine_cgroup.create(PROBED)
        machine_cgroup.clear(PROBED)
    except OSError as error:
        return f"cgroups cannot be made: {error.strerror or error}"
    return ""


def _sources() -> str:
    try:
        apt.debian_sources(apt.host_sources(), machine_rootfs.SUITE)
    except SlipwayError as error:
        return f"no sources of Debian {machine_rootfs.SUITE}: {error.what}"
    return ""


def _node() -> tuple[str, ...]:
    return tuple(f"{row.check}: {row.cause}" for row in preflight() if row.result == "fail")


def _programs(layer: str) -> str:
    directory = {"hosts": "infra/hosts"}.get(layer, layer)
    try:
        for operation in host_programs.operations([f"{host_programs.TESTS}/{directory}"] * (layer != "lint")):
            packages.refuse(packages.lacking(operation))
    except SlipwayError as error:
        return error.what
    return ""


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no word of why"])[-1]
