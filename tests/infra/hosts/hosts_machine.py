"""One host: started, stopped, and reached over ssh."""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import hosts_cgroup
from hosts_network import HERE, LENGTH, PREFIX, Switch
from hosts_rootfs import MOUNT, Rootfs

BOOT = Path(__file__).with_name("hosts_boot.sh")


@dataclass
class Machine:
    """A host named ``name`` with the address ``<prefix>.<number>``; ``directory`` holds its disk, log and keys."""

    name: str
    number: int
    directory: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return f"{PREFIX}.{self.number}"

    def start(self, rootfs: Rootfs, switch: Switch, authorized: str) -> None:
        """Boot it; call from the main thread, whose end is the host's end too. ``authorized``: root's public key."""
        for part in ("root", "upper", "work", "containerd", "srv"):
            (self.directory / part).mkdir(parents=True)
        self._prepare(self.directory / "upper", authorized)
        with (self.directory / "console.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    BOOT,
                    self.directory,
                    rootfs.root,
                    rootfs.packages,
                    MOUNT,
                    hosts_cgroup.create(self.name),
                    self.name,
                    f"{self.address}/{LENGTH}",
                    HERE,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        switch.connect(self.name, self._inner(), "eth0")

    def _prepare(self, upper: Path, authorized: str) -> None:
        """What a provider writes to a new server's disk: name, identity, keys."""
        for path in ("etc/ssh", "root/.ssh"):
            (upper / path).mkdir(parents=True)
        (upper / "root").chmod(0o700)
        (upper / "root/.ssh").chmod(0o700)
        (upper / "root/.ssh/authorized_keys").write_text(authorized)
        (upper / "etc/machine-id").write_text(uuid.uuid4().hex + "\n")
        (upper / "etc/hostname").write_text(self.name + "\n")
        # Nobody answers there: the hosts know no other names.
        (upper / "etc/resolv.conf").write_text(f"nameserver {HERE}\n")
        (upper / "etc/hosts").write_text(f"127.0.0.1 localhost\n{self.address} {self.name}\n")
        key = upper / "etc/ssh/ssh_host_ed25519_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", key], check=True)

    def _inner(self) -> int:
        """The host's pid 1, as this machine sees it."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        deadline = time.monotonic() + 60
        while True:
            found = children.read_text().split() if self.process.poll() is None else []
            # Before its exec, unshare is this script, which has children too.
            if found and Path(f"/proc/{self.process.pid}/comm").read_text().strip() == "unshare":
                return int(found[0])
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not boot:\n{(self.directory / 'console.log').read_text()[-2000:]}")
            time.sleep(0.05)

    @property
    def known_host(self) -> str:
        """Its line for known_hosts."""
        public = (self.directory / "upper/etc/ssh/ssh_host_ed25519_key.pub").read_text().split()
        return f"{self.address} {public[0]} {public[1]}\n"

    def stop(self) -> None:
        """Pull the plug."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def erase(self) -> None:
        """Remove its disk; it has to be stopped."""
        shutil.rmtree(self.directory, ignore_errors=True)
