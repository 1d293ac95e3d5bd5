"""The host packages that the node and the image builder need, installed by apt without starting a service."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from slipway.errors import SlipwayError
from slipway.node.config import NodeConfig
from slipway.node.files import write
from slipway.node.host import has_systemd
from slipway.node.run import attempt, environment, run

#: Debian and Ubuntu name them alike.
PACKAGES = (
    "buildah",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "iproute2",
    "iptables",
    "libnfs-utils",
    "mmdebstrap",
    "mount",
    "nfs-ganesha",
    "nfs-ganesha-vfs",
    "openssl",
    "runc",
    "skopeo",
)
#: Packages that are present under another name: Docker's containerd.io brings containerd and runc.
PROGRAMS = {"containerd": ("containerd", "ctr"), "runc": ("runc",)}
#: What these packages would have systemd start at the next boot.
SERVICES = ("containerd", "nfs-ganesha", "nfs-ganesha-lock", "rpcbind.socket", "rpcbind", "nfs-client.target")
POLICY = Path("/usr/sbin/policy-rc.d")


def installed(dpkg_output: str) -> set[str]:
    """The packages that are installed, from lines of ``dpkg-query -W -f '${Package} ${db:Status-Status}\\n'``."""
    pairs = (line.split() for line in dpkg_output.splitlines())
    return {pair[0] for pair in pairs if len(pair) == 2 and pair[1] == "installed"}


def missing(wanted: Sequence[str] = PACKAGES) -> list[str]:
    """What is not installed. On a machine without dpkg: the packages whose programs are not there."""
    if shutil.which("dpkg-query", path=environment()["PATH"]) is None:
        return [name for name in wanted if name in PROGRAMS and not _has_programs(name)]
    _, text = attempt(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted])
    have = installed(text)
    return [name for name in wanted if name not in have and not (name in PROGRAMS and _has_programs(name))]


def _has_programs(name: str) -> bool:
    path = environment()["PATH"]
    return all(shutil.which(program, path=path) for program in PROGRAMS[name])


def ensure(config: NodeConfig) -> list[str]:
    """Install what is missing; the names. Raises SlipwayError where apt may not."""
    wanted = missing()
    if not wanted:
        return []
    remedy = f"install them yourself: apt-get install {' '.join(wanted)}"
    if shutil.which("apt-get", path=environment()["PATH"]) is None:
        raise SlipwayError(f"no apt-get here, and these packages are missing: {', '.join(wanted)}", "packages", remedy)
    if os.geteuid() != 0:
        raise SlipwayError(f"not root, and these packages are missing: {', '.join(wanted)}", "packages", remedy)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *wanted]
    with services_kept_down():
        code, _ = attempt(["apt-get", "install", "-s", *wanted])
        if code:
            run(["apt-get", "update", "-q"], what="apt-get update", remedy=remedy, timeout=300, env=quiet)
        run(install, what="apt-get install", remedy=remedy, timeout=900, env=quiet)
    note(config, wanted)
    if has_systemd():
        attempt(["systemctl", "disable", "--now", *SERVICES])
    return wanted


@contextlib.contextmanager
def services_kept_down(policy: Path = POLICY) -> Iterator[None]:
    """Forbid that packages start services (invoke-rc.d(8)); a policy of the machine's own is left alone."""
    if policy.exists():
        yield
        return
    write(policy, "#!/bin/sh\n# Written by slipway while it installs packages.\nexit 101\n", 0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def note(config: NodeConfig, names: list[str]) -> None:
    """Record packages that were installed for the node."""
    path = config.state / "packages.json"
    known = set(json.loads(path.read_text())) if path.exists() else set()
    write(path, json.dumps(sorted(known | set(names))) + "\n")
