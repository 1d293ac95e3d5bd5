"""One installer at a time in a cluster: who changes the release holds a Lease beside the inventory."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

from slipway.kube import Client, Ref
from slipway.kube.lease import API, Held
from slipway.progress import Reporter
from slipway.release.namespace import NAMESPACE

REF = Ref(API, "Lease", NAMESPACE, "slipway-installer")


def installer(client: Client, reporter: Reporter) -> Held:
    """The lock; its namespace must exist. An installer of this machine that has ended holds nothing."""
    return Held(client, REF, identity(os.getpid()), "installation or removal", reporter, gone=has_ended)


def identity(process: int) -> str:
    """``user@host, process 123 begun at 456``: whom to ask, and how to tell the process from a later one."""
    return f"{user()}, process {process} begun at {_begun(process)}"


def has_ended(holder: str) -> bool:
    """Whether the holder was a process of this machine and is none any more."""
    place, _, rest = holder.partition(", process ")
    process, _, begun = rest.partition(" begun at ")
    here = place.rpartition("@")[2] == socket.gethostname()
    return here and process.isdigit() and begun != "" and _begun(int(process)) != begun


def _begun(process: int) -> str:
    """Boot and start time of a process (proc(5), field 22), "" when there is none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return f"{boot}-{stat.rpartition(')')[2].split()[19]}"


def user() -> str:
    """``user@host``."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"
