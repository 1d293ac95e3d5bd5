"""Which programs of the host each operation needs, and the Debian packages that bring them. Values only.

This is the one place: whoever starts a program that is neither here nor made by Slipway breaks a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """A package by Debian's name; it is there when all its ``programs`` are on the PATH and each of ``files``, which
    are patterns of absolute paths, is found: also where another distribution or package brings them."""

    package: str
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


KEYRING = Need("debian-archive-keyring", files=("/usr/share/keyrings/debian-archive-keyring.gpg",))

NEEDS: tuple[Need, ...] = (
    Need("buildah", ("buildah",)),
    Need("ca-certificates", files=("/etc/ssl/certs/ca-certificates.crt",)),
    Need("conntrack", ("conntrack",)),
    Need("containerd", ("containerd", "containerd-shim-runc-v2", "ctr")),
    Need("containernetworking-plugins", files=("/usr/lib/cni/bridge", "/usr/lib/cni/portmap")),
    KEYRING,
    Need("docker-registry", ("docker-registry",)),
    Need("iproute2", ("ip", "ss")),
    Need(
        "iptables",
        ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"),
    ),
    Need("libnfs-utils", ("nfs-cat", "nfs-ls")),
    Need("mmdebstrap", ("mmdebstrap",)),
    Need("mount", ("mount", "umount")),
    Need("nfs-ganesha", ("ganesha.nfsd",)),
    Need("nfs-ganesha-vfs", files=("/usr/lib/*/ganesha/libfsalvfs.so",)),
    Need("openssh-client", ("ssh", "ssh-keygen")),
    Need("openssl", ("openssl",)),
    Need("procps", ("ps", "sysctl")),
    Need("runc", ("runc",)),
    Need("skopeo", ("skopeo",)),
    Need("tmux", ("tmux",)),
)
_BY_PACKAGE = {need.package: need for need in NEEDS}

#: Essential in Debian, or a part of what runs Slipway: never installed, so nothing to ask for.
ESSENTIAL = frozenset({"apt-config", "apt-get", "chroot", "dpkg", "dpkg-deb", "dpkg-query", "setpriv", "sh", "tar"})
#: Asked where they are, and done without where they are not: the answer of their absence is one.
OPTIONAL = frozenset({"go", "modprobe", "systemctl"})

_BUILD = ("buildah", "ca-certificates", "debian-archive-keyring", "mmdebstrap")
_REGISTRY = ("skopeo",)
_NODE = (
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "iproute2",
    "iptables",
    "libnfs-utils",
    "mount",
    "nfs-ganesha",
    "nfs-ganesha-vfs",
    "openssl",
    "runc",
)
_MACHINES = ("iproute2", "mmdebstrap", "debian-archive-keyring", "mount")
_UNIT = (
    "containerd",
    "iproute2",
    "iptables",
    "libnfs-utils",
    "mount",
    "nfs-ganesha",
    "nfs-ganesha-vfs",
    "openssl",
    "skopeo",
)

#: Operation → packages.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "program build": ("ca-certificates",),
    "image build": _BUILD,
    "registry": _REGISTRY,
    "node": _NODE,
    "up": (*_BUILD, *_REGISTRY, *_NODE),
    "unit tests": _UNIT,
    "render tests": ("ca-certificates",),
    "api tests": (*_UNIT, "docker-registry", "tmux"),
    "machine tests": (*_BUILD, *_REGISTRY, *_MACHINES, "iptables", "docker-registry", "openssh-client", "openssl"),
    "platform tests": ("iproute2", "iptables", "libnfs-utils", "openssl", "procps", "skopeo"),
    "playbooks": (*_BUILD, "openssh-client"),
    "benchmarks": (*_BUILD, *_REGISTRY, *_NODE, "docker-registry", "openssh-client"),
}
#: What a machine without a network gets out of a bundle.
PACKAGES = tuple(sorted(set(OPERATIONS["up"])))


def of(operation: str) -> tuple[Need, ...]:
    """What an operation needs, sorted. Raises KeyError for an operation that is not in the table."""
    return named(OPERATIONS[operation])


def named(packages: Iterable[str]) -> tuple[Need, ...]:
    """The needs of these packages, each once."""
    return tuple(_BY_PACKAGE[name] for name in sorted(set(packages)))


def package_of(program: str) -> str:
    """The package that brings a program, or ""."""
    return next((need.package for need in NEEDS if program in need.programs), "")


def programs() -> frozenset[str]:
    """Every program that some operation may start."""
    return frozenset(program for need in NEEDS for program in need.programs) | ESSENTIAL | OPTIONAL
