"""All hosts of a run, with ssh keys of the run's own, and removal of what a killed run left."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import hosts_rootfs
import machine_cgroup
import machine_process
from hosts_machine import GROUP, Machine
from hosts_network import Switch

PLACE = Path("/var/tmp")  # a disk, not a tmpfs
PREFIX = "slipway-hosts-"
PLAYBOOKS = Path(__file__).resolve().parents[3] / "playbooks"


class Recaps(dict[str, dict[str, int]]):
    """What the end of a playbook's output says of each host; ``tasks``: the (host, task) that changed something."""

    tasks: frozenset[tuple[str, str]] = frozenset()


class Played(NamedTuple):
    """What ``--check`` said of a playbook on fresh hosts, and what its first run did."""

    checked: Recaps
    done: Recaps

    def unforeseen(self) -> set[str]:
        """The tasks that changed something and were not foretold."""
        return {task for _, task in self.done.tasks - self.checked.tasks}

    def foretold(self) -> set[str]:
        """The tasks that were to change something and did not."""
        return {task for _, task in self.checked.tasks - self.done.tasks}


@dataclass
class Fleet:
    """``machines`` by name; ``directory`` is the run's own; ``end`` removes all of it, and may be called again."""

    directory: Path
    machines: dict[str, Machine]
    end: Callable[[], None] = field(repr=False)

    @property
    def namespaces(self) -> frozenset[str]:
        """Those of all hosts, as /proc names them."""
        return frozenset[str]().union(*(machine.namespaces for machine in self.machines.values()))

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

    @property
    def shared(self) -> str:
        """The option by which ssh finds the connection that a host's commands share; without one it makes its own."""
        return f"ControlPath={self.directory}/shared-%h"

    def ssh_config(self) -> Path:
        """The same options as a file, for programs that take one."""
        path = self.directory / "ssh_config"
        path.write_text(
            f"Host *\n  IdentityFile {self.directory}/key\n  UserKnownHostsFile {self.directory}/known_hosts\n"
            "  StrictHostKeyChecking yes\n  IdentitiesOnly yes\n  BatchMode yes\n"
            f"  {self.shared.replace('=', ' ')}\n"
        )
        return path

    def ssh(self, name: str, command: str, *, timeout: float = 120, check: bool = True) -> str:
        """What a command on a host prints; one that fails raises AssertionError with its output."""
        done = subprocess.run(
            ["ssh", *self.ssh_options, "-o", self.shared, f"root@{self.machines[name].address}", command],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{name}: {command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def inventory(self, groups: Mapping[str, Sequence[str]], variables: Mapping[str, Any]) -> Path:
        """An inventory of these groups, as a file; ``localhost`` is this machine."""
        hosts: dict[str, dict[str, str]] = {"localhost": {"ansible_connection": "local"}}
        hosts |= {
            name: {
                "ansible_host": machine.address,
                "ansible_user": hosts_rootfs.USER,
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
        # It ends with the test, also when that is killed.
        command = ["setpriv", "--pdeathsig", "TERM", f"{programs}/ansible-playbook", "-i", str(inventory), name]
        command += [*arguments, "-e", json.dumps(variables)]
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
    """Read what ansible-playbook prints."""
    found = Recaps()
    body, _, end = output.rpartition("PLAY RECAP")
    for line in end.splitlines()[1:]:
        host, _, numbers = line.partition(":")
        if "=" in numbers:
            found[host.strip()] = {word.split("=")[0]: int(word.split("=")[1]) for word in numbers.split()}
    task, changed = "", set()
    for line in body.splitlines():
        if named := re.match(r"(?:TASK|RUNNING HANDLER) \[(?:\S+ : )?(.*)] \*+$", line):
            task = named[1]
        elif host_named := re.match(r"changed: \[(\S+?)( -> .*)?]", line):
            changed.add((host_named[1], task))
    found.tasks = frozenset(changed)
    return found


@contextmanager
def fleet(names: Sequence[str]) -> Iterator[Fleet]:
    """Hosts of these names, booted and answering; everything of them is gone afterwards, whatever happened."""
    with (PLACE / f"{PREFIX}lock").open("w") as lock, ExitStack() as stack:
        # One run at a time: they share addresses, groups and the root file system. A killed run's lock is free.
        fcntl.flock(lock, fcntl.LOCK_EX)
        rootfs = hosts_rootfs.ensure()
        sweep()
        directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PLACE))
        stack.callback(sweep)
        switch = Switch()
        stack.callback(switch.close)
        machines = {name: Machine(name, number, directory / name) for number, name in enumerate(names, 11)}
        found = Fleet(directory, machines, stack.close)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / "key"], check=True)
        for machine in machines.values():
            stack.callback(machine.stop)
            machine.start(rootfs, switch, (directory / "key.pub").read_text())
        (directory / "known_hosts").write_text("".join(machine.known_host for machine in machines.values()))
        for name in machines:
            _answers(found, name)
            stack.callback(machine_process.end, _connect(found, name))
        yield found


def _connect(found: Fleet, name: str) -> subprocess.Popen[bytes]:
    """A connection for all commands to a host, for each would make keys and a session of its own; ends with the run."""
    command = ["setpriv", "--pdeathsig", "TERM", "ssh", *found.ssh_options, "-o", found.shared, "-M", "-N"]
    return subprocess.Popen(
        [*command, f"root@{found.machines[name].address}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


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
    machine_cgroup.clear(GROUP)
    for path in PLACE.glob(f"{PREFIX}*"):
        if path.is_dir():
            _hang_up(path)
            machine_process.end_naming(path)
            shutil.rmtree(path)
