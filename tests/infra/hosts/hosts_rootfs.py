"""The file system that every host of the test starts from, and a repository of the packages that playbooks install.

Both are made once by mmdebstrap from this machine's own Debian sources and kept in Slipway's cache. Hosts have no way
out of their network: what a playbook installs comes from the repository, so a test is the same every time.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from slipway import paths
from slipway.artifacts import apt, hostnet, store

SUITE = "bookworm"
#: A server as a provider delivers it: systemd, sshd, a Python for Ansible, a firewall that is off.
SYSTEM = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "openssh-server",
    "procps",
    "python3",
    "python3-apt",
    "systemd-sysv",
    "ufw",
    "usr-is-merged",
)
#: What the playbooks install, and the tests' own NFS client.
REPOSITORY = (
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "ethtool",
    "iptables",
    "libnfs-utils",
    "nfs-common",
    "nfs-ganesha",
    "nfs-ganesha-vfs",
    "runc",
    "socat",
)
#: Where a host sees the repository.
MOUNT = "/var/lib/packages"
#: They would change the kernel that the hosts share with this machine.
MASKED = ("systemd-sysctl.service", "systemd-modules-load.service", "systemd-udevd.service", "apt-daily.timer")
RECIPE = "1"


@dataclass(frozen=True)
class Rootfs:
    """``root`` is the lower layer of every host, ``packages`` a flat apt repository."""

    root: Path
    packages: Path


def ensure() -> Rootfs:
    """Both, made when the cache lacks them (about two minutes). Raises CalledProcessError with mmdebstrap's words."""
    key = hashlib.sha256(json.dumps([RECIPE, SUITE, SYSTEM, REPOSITORY, MASKED]).encode()).hexdigest()[:16]
    place = paths.cache() / "hosts" / key
    with store.exclusive("test-hosts"):
        if not (place / "complete").exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            place.mkdir(parents=True)
            _make(place)
            (place / "complete").touch()
    return Rootfs(place / "root", place / "packages")


def _make(place: Path) -> None:
    (place / "packages").mkdir()
    with tempfile.TemporaryDirectory(prefix="slipway-rootfs-") as work:
        tar = Path(work) / "root.tar"
        configuration = Path(work) / "apt.conf"
        bundle = hostnet.ca_bundle()
        trust = [f'Acquire::https::CAInfo "{bundle}";'] if bundle else []
        configuration.write_text("\n".join([*trust, *hostnet.apt_options()]) + "\n")
        sources = apt.debian_sources(apt.host_sources(), SUITE)
        # The hook's apt-get is this machine's, working on the new system: it knows what is installed already.
        fetch = (
            "APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get install --download-only --yes --no-install-recommends "
            + " ".join(REPOSITORY)
        )
        hooks = [fetch, f'mv "$1"/var/cache/apt/archives/*.deb {place}/packages/', *_arrangements()]
        command = [
            "mmdebstrap",
            "--variant=minbase",
            "--mode=root",
            "--format=tar",
            "--hook-directory=/usr/share/mmdebstrap/hooks/merged-usr",
            f"--include={','.join(SYSTEM)}",
            f"--aptopt={configuration}",
            *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale", "info")),
            *(f"--customize-hook={hook}" for hook in hooks),
            SUITE,
            str(tar),
            *(apt.Source(item.uri, item.suite, item.components).line for item in sources),
        ]
        _run(command)
        (place / "root").mkdir()
        # Device nodes are each host's own.
        _run(
            [
                "tar",
                "--extract",
                "--preserve-permissions",
                f"--file={tar}",
                f"--directory={place}/root",
                "--exclude=./dev/*",
            ]
        )
    (place / "packages" / "Packages").write_text("\n".join(map(_entry, sorted((place / "packages").glob("*.deb")))))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout[-3000:]}")


def _arrangements() -> list[str]:
    """Shell commands that turn the new system ($1) into one that hosts can share."""
    masks = [f'ln -s /dev/null "$1"/etc/systemd/system/{unit}' for unit in MASKED]
    return [
        *masks,
        f'rm -rf "$1"/etc/apt/sources.list.d/*; echo \'deb [trusted=yes] file:{MOUNT} ./\' >"$1"/etc/apt/sources.list',
        f'mkdir -p "$1"{MOUNT} "$1"/root/.ssh && chmod 700 "$1"/root/.ssh',
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
