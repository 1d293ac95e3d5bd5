"""One host: started, stopped, and reached over ssh."""

from __future__ import annotations

import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import machine_cgroup
import machine_process
from hosts_network import HERE, LENGTH, PREFIX, Switch
from hosts_rootfs import MOUNT, Rootfs

BOOT = Path(__file__).with_name("hosts_boot.sh")
#: Nothing else uses this name for a cgroup: what lies below it is the test's.
GROUP = "slipway-hosts"


@dataclass
class Machine:
    """A host named ``name`` with the address ``<prefix>.<number>``; ``directory`` holds its disk, log and keys."""

    name: str
    number: int
    directory: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    namespaces: frozenset[str] = frozenset()

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return f"{PREFIX}.{self.number}"

    def start(self, rootfs: Rootfs, switch: Switch, authorized: str) -> None:
        """Boot it; call from the main thread, whose end is the host's end too. ``authorized``: a public key."""
        for part in ("root", "upper", "work", "containerd", "srv"):
            (self.directory / part).mkdir(parents=True)
        self._prepare(self.directory / "upper", authorized)
        log = self.directory / "console.log"
        self.process = machine_process.boot(
            [
                BOOT,
                self.directory,
                rootfs.root,
                rootfs.packages,
                MOUNT,
                machine_cgroup.create(f"{GROUP}/{self.name}"),
                self.name,
                f"{self.address}/{LENGTH}",
                HERE,
            ],
            log,
        )
        pid = machine_process.first(self.process, log)
        self.namespaces = machine_process.namespaces(pid)
        switch.connect(self.name, pid, "eth0")

    def _prepare(self, upper: Path, authorized: str) -> None:
        """What a provider writes to a new server's disk: name, identity, keys."""
        (upper / "etc/ssh").mkdir(parents=True)
        (upper / "etc/ssh/authorized_keys").write_text(authorized)
        (upper / "etc/machine-id").write_text(uuid.uuid4().hex + "\n")
        (upper / "etc/hostname").write_text(self.name + "\n")
        # Nobody answers there: the hosts know no other names.
        (upper / "etc/resolv.conf").write_text(f"nameserver {HERE}\n")
        (upper / "etc/hosts").write_text(f"127.0.0.1 localhost\n{self.address} {self.name}\n")
        key = upper / "etc/ssh/ssh_host_ed25519_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", key], check=True)

    @property
    def known_host(self) -> str:
        """Its line for known_hosts."""
        public = (self.directory / "upper/etc/ssh/ssh_host_ed25519_key.pub").read_text().split()
        return f"{self.address} {public[0]} {public[1]}\n"

    def stop(self) -> None:
        """Pull the plug."""
        if self.process:
            machine_process.end(self.process)
            self.process = None
