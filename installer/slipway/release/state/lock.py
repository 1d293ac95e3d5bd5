"""One installer at a time in a cluster: who changes the release holds a Lease beside the inventory."""

from __future__ import annotations

import getpass
import os
import socket

from slipway.host.machine import boot_id
from slipway.host.process import start_time
from slipway.kube import Client, Ref
from slipway.kube.lease import API, Held
from slipway.progress import Reporter
from slipway.release.state.namespace import NAMESPACE

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


def _begun(pid: int) -> str:
    """Boot and start time of a process, "" when there is none."""
    started = start_time(pid)
    return f"{boot_id()[:8]}-{started}" if started is not None else ""


def user() -> str:
    """``user@host``."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"{name}@{socket.gethostname()}"
