"""All hosts of a run, with ssh keys of the run's own, and removal of what a killed run left."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hosts_cgroup
import hosts_rootfs
from hosts_machine import Machine
from hosts_network import Switch

PLACE = Path("/var/tmp")  # a disk, not a tmpfs
PREFIX = "slipway-hosts-"
PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"
Recaps = dict[str, dict[str, int]]


@dataclass
class Fleet:
    """``machines`` by name; ``directory`` is the run's own."""

    directory: Path
    machines: dict[str, Machine]

    @property
    def ssh_options(self) -> list[str]:
        """For ssh: the run's key and the hosts' keys, nothing of the user's."""
        return [
            "-F", "/dev/null",
            "-i", f"{self.directory}/key",
            "-o", f"UserKnownHostsFile={self.directory}/known_hosts",
            "-o", "StrictHostKeyChecking=yes",
            "-o", "IdentitiesOnly=yes",
            "-o", "BatchMode=yes",
        ]  # fmt: skip

    def ssh_config(self) -> Path:
        """The same options as a file, for programs that take one."""
        path = self.directory / "ssh_config"
        path.write_text(
            f"Host *\n  IdentityFile {self.directory}/key\n  UserKnownHostsFile {self.directory}/known_hosts\n"
            "  StrictHostKeyChecking yes\n  IdentitiesOnly yes\n  BatchMode yes\n"
        )
        return path

    def ssh(self, name: str, command: str, *, timeout: float = 120, check: bool = True) -> str:
        """What a command on a host prints; one that fails raises AssertionError with its output."""
        done = subprocess.run(
            ["ssh", *self.ssh_options, f"root@{self.machines[name].address}", command],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{name}: {command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def inventory(self, groups: Mapping[str, Sequence[str]], variables: Mapping[str, Any]) -> Path:
        """An inventory of these groups, as a file."""
        hosts = {
            name: {
                "ansible_host": machine.address,
                "ansible_user": "root",
                "ansible_ssh_common_args": " ".join(self.ssh_options),
                "ansible_python_interpreter": "/usr/bin/python3",
            }
            for name, machine in self.machines.items()
        }
        children = {group: {"hosts": dict.fromkeys(names)} for group, names in groups.items()}
        path = self.directory / "hosts.json"
        path.write_text(json.dumps({"all": {"hosts": hosts, "vars": dict(variables), "children": children}}, indent=1))
        return path

    def play(self, inventory: Path, name: str, *arguments: str, timeout: float = 900, **variables: Any) -> Recaps:
        """Run a playbook: host → what the recap says of it. A failure raises AssertionError with its output."""
        programs = Path(sys.executable).parent
        command = [f"{programs}/ansible-playbook", "-i", str(inventory), name, *arguments, "-e", json.dumps(variables)]
        environment = {
            **os.environ,
            "PATH": f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.directory / "cp"),
        }
        environment.pop("ANSIBLE_CONFIG", None)
        begin = time.monotonic()
        done = subprocess.run(
            command, cwd=PLAYBOOKS, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        with (self.directory / "playbooks.log").open("a") as log:
            log.write(f"\n=== {name} {arguments} {time.monotonic() - begin:.0f} s\n{done.stdout}{done.stderr}")
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        return recaps(done.stdout)

    def tell(self) -> str:
        """The end of each host's console, for a report."""
        return "".join(
            f"--- {name}\n{(machine.directory / 'console.log').read_text(errors='replace')[-1500:]}\n"
            for name, machine in self.machines.items()
        )


def recaps(output: str) -> Recaps:
    """Read the end of ansible-playbook's output."""
    found: Recaps = {}
    for line in output.rpartition("PLAY RECAP")[2].splitlines()[1:]:
        host, _, numbers = line.partition(":")
        if "=" in numbers:
            found[host.strip()] = {word.split("=")[0]: int(word.split("=")[1]) for word in numbers.split()}
    return found


@contextmanager
def fleet(names: Sequence[str]) -> Iterator[Fleet]:
    """Hosts of these names, booted and answering; everything of them is gone afterwards, whatever happened."""
    rootfs = hosts_rootfs.ensure()
    with (PLACE / f"{PREFIX}lock").open("w") as lock:
        # One run at a time: they share addresses and groups. A killed run's lock is free.
        fcntl.flock(lock, fcntl.LOCK_EX)
        sweep()
        directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
        switch = Switch()
        machines = {name: Machine(name, number, directory / name) for number, name in enumerate(names, 11)}
        try:
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / "key"], check=True)
            for machine in machines.values():
                machine.start(rootfs, switch, (directory / "key.pub").read_text())
            (directory / "known_hosts").write_text("".join(machine.known_host for machine in machines.values()))
            found = Fleet(directory, machines)
            for name in machines:
                _answers(found, name)
            yield found
        finally:
            _hang_up(directory)
            for machine in machines.values():
                machine.stop()
            switch.close()
            sweep()


def _hang_up(directory: Path) -> None:
    """End the connections that Ansible keeps for a minute."""
    for socket in (directory / "cp").glob("*"):
        command = ["ssh", "-F", "/dev/null", "-o", f"ControlPath={socket}", "-O", "exit", "host"]
        subprocess.run(command, capture_output=True, timeout=30, check=False)


def _answers(found: Fleet, name: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while "yes" not in found.ssh(name, "systemctl is-system-running --wait >/dev/null; echo yes", check=False):
        assert time.monotonic() < deadline, f"{name} does not answer over ssh within {seconds:.0f} s\n{found.tell()}"
        time.sleep(0.3)


def sweep() -> None:
    """Remove what runs have left: processes and groups below ``/slipway-hosts``, disks. Needs the lock."""
    hosts_cgroup.clear()
    for path in PLACE.glob(f"{PREFIX}*"):
        if path.is_dir():
            shutil.rmtree(path)
