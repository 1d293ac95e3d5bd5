"""A node's programs by name: links to the multi-call binary; kubectl on the PATH where the machine has none."""

from __future__ import annotations

import shutil
from pathlib import Path

from slipway.host.files import link
from slipway.host.run import environment
from slipway.node.config import NodeConfig

PROGRAMS = ("kubeadm", "kubectl", "kubelet", "etcd")
PUBLIC = Path("/usr/local/bin/kubectl")


def link_programs(config: NodeConfig, binary: Path) -> None:
    """Copy the binary into the state directory (a cleaned cache must not stop the kubelet) and link its names."""
    own = config.bin / "kubernetes"
    if not own.exists() or (own.stat().st_size, own.stat().st_mtime_ns) != _mark(binary):
        config.bin.mkdir(parents=True, exist_ok=True)
        part = own.with_name(".kubernetes.part")
        shutil.copy2(binary, part)
        part.chmod(0o755)
        # By rename: a running kubelet keeps the file that it was started from.
        part.replace(own)
    for name in PROGRAMS:
        link(config.bin / name, Path("kubernetes"))
    if shutil.which("kubectl", path=environment()["PATH"]) is None:
        link(PUBLIC, config.bin / "kubectl")


def linked(config: NodeConfig) -> bool:
    """Whether the programs are there."""
    return all((config.bin / name).exists() for name in PROGRAMS)


def _mark(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def unlink_public(config: NodeConfig, public: Path = PUBLIC) -> bool:
    """Remove kubectl from the PATH if it is our link; True when it was."""
    if public.is_symlink() and public.readlink() == config.bin / "kubectl":
        public.unlink()
        return True
    return False
