"""The file system that every host of the test starts from, and a repository of the packages that playbooks install.

Both are made once by mmdebstrap from this machine's own Debian sources and kept in Slipway's cache. Hosts have no way
out of their network: what a playbook installs comes from the repository, so a test is the same every time.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import machine_rootfs

#: A server as a provider delivers it: systemd, sshd, a Python for Ansible, sudo, a firewall that is off.
SYSTEM = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "sudo",
    "systemd-sysv",
    "ufw",
    "usr-is-merged",
)
#: What the playbooks install, and the tests' own NFS client and load balancer.
REPOSITORY = (
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "ethtool",
    "haproxy",
    "iptables",
    "libnfs-utils",
    "nfs-common",
    "nfs-ganesha",
    "nfs-ganesha-vfs",
    "runc",
    "socat",
)
#: Who may become root, as in the example inventories.
USER = "admin"
#: Where a host sees the repository.
MOUNT = "/var/lib/packages"
#: They would change the kernel that the hosts share with this machine.
MASKED = ("systemd-sysctl.service", "systemd-modules-load.service", "systemd-udevd.service", "apt-daily.timer")
RECIPE = "2"


@dataclass(frozen=True)
class Rootfs:
    """``root`` is the lower layer of every host, ``packages`` a flat apt repository."""

    root: Path
    packages: Path


def ensure() -> Rootfs:
    """Both, made when the cache lacks them (about two minutes). Raises RuntimeError with mmdebstrap's words."""
    place = machine_rootfs.kept("hosts", [RECIPE, SYSTEM, REPOSITORY, _arrangements()], _make)
    return Rootfs(place / "root", place / "packages")


def _make(place: Path) -> None:
    packages = place / "packages"
    packages.mkdir()
    # The hook's apt-get is this machine's, working on the new system: it knows what is installed already.
    fetch = (
        "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install --download-only --yes --no-install-recommends "
        + " ".join(REPOSITORY)
    )
    hooks = [fetch, f'mv "$1"/var/cache/apt/archives/*.deb {packages}/', *_arrangements()]
    leave_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale", "info")]
    machine_rootfs.make(place / "root", SYSTEM, hooks, leave_out)
    (packages / "Packages").write_text("\n".join(map(_entry, sorted(packages.glob("*.deb")))))


def _arrangements() -> list[str]:
    """Shell commands that turn the new system ($1) into one that hosts can share."""
    masks = [f'ln -s /dev/null "$1"/etc/systemd/system/{unit}' for unit in MASKED]
    user = f'chroot "$1" useradd --create-home --shell /bin/bash {USER}'
    return [
        *masks,
        f'{user} && echo "{USER} ALL=(ALL) NOPASSWD: ALL" >"$1"/etc/sudoers.d/{USER}',
        'echo "AuthorizedKeysFile /etc/ssh/authorized_keys" >"$1"/etc/ssh/sshd_config.d/keys.conf',
        f'rm -rf "$1"/etc/apt/sources.list.d/*; echo \'deb [trusted=yes] file:{MOUNT} ./\' >"$1"/etc/apt/sources.list',
        f'mkdir -p "$1"{MOUNT}',
        'rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id "$1"/etc/resolv.conf "$1"/etc/apt/apt.conf.d/99mmdebstrap',
        # Another pid 1's log is not for a disk.
        'mkdir -p "$1"/etc/systemd/journald.conf.d && printf "[Journal]\\nStorage=volatile\\nReadKMsg=no\\n" '
        '>"$1"/etc/systemd/journald.conf.d/host.conf',
    ]


def _entry(package: Path) -> str:
    """A package's stanza in the repository's index (deb822, as dpkg-scanpackages writes it)."""
    fields = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    return f"{fields.rstrip()}\nFilename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n"
