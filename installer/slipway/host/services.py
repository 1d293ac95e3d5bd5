"""Services that packages bring are not started: the cluster looks after its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from slipway.host.files import write
from slipway.host.machine import has_systemd
from slipway.host.run import attempt

#: What the node's packages would have systemd start at the next boot.
SERVICES = ("containerd", "nfs-ganesha", "nfs-ganesha-lock", "rpcbind.socket", "rpcbind", "nfs-client.target")
POLICY = Path("/usr/sbin/policy-rc.d")


@contextlib.contextmanager
def kept_down(policy: Path = POLICY) -> Iterator[None]:
    """Forbid that packages start services (invoke-rc.d(8)); a policy of the machine's own is left alone."""
    if policy.exists():
        yield
        return
    write(policy, "#!/bin/sh\n# Written by slipway while it installs packages.\nexit 101\n", 0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def disable(installed: list[str]) -> None:
    """Have systemd not start what these new packages brought; services of packages that were there stay as they are."""
    mine = [name for name in SERVICES if name in installed or ("nfs-ganesha" in installed and name != "containerd")]
    if mine and has_systemd():
        attempt(["systemctl", "disable", "--now", *mine])
