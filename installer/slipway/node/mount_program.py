"""NFS volumes on kernels without an NFS client (CONFIG_NFS_FS off).

The kubelet calls ``mount -t nfs SERVER:/VOLUME DIR``. Where the server is this very machine, a bind mount of the
exported directory gives the pod the same files. ``/sbin/mount.nfs`` belongs to nfs-common, which nfs-ganesha's package
brings along; so the kubelet gets a ``mount`` of ours first in its PATH, and nothing of the host's is replaced.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from slipway.host.files import write
from slipway.host.machine import kernel_has
from slipway.host.run import attempt
from slipway.node.config import NodeConfig

_TEMPLATE = Path(__file__).with_name("mount.sh.j2")


def kernel_has_nfs() -> bool:
    """Whether the kernel mounts NFSv4, after asking for the module."""
    listed = Path("/proc/filesystems")
    if kernel_has(listed.read_text(), "nfs4"):
        return True
    attempt(["modprobe", "-q", "nfsv4"])
    return kernel_has(listed.read_text(), "nfs4")


def program(config: NodeConfig, address: str) -> str:
    """The text of the ``mount`` program."""
    values = {
        "export_root": str(config.exports),
        "servers": " ".join([address, "127.0.0.1", "localhost", config.name]),
    }
    text = _TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("{{ " + name + " }}", shlex.quote(value))
    return text


def install(config: NodeConfig, address: str, *, needed: bool) -> str:
    """Put the program where the kubelet looks first, or take it away; a sentence on which."""
    path = config.state / "libexec" / "mount"
    if needed:
        write(path, program(config, address), 0o755)
        return "the kernel has no NFS client: the node's own volumes are bind-mounted"
    path.unlink(missing_ok=True)
    return "the kernel's NFS client mounts volumes"
