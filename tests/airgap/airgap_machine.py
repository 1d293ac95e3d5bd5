"""The machine without a network: started, used, ended. Nothing of it outlives the test."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).parent
TOP = Path("/sys/fs/cgroup")
#: Nothing else uses this name: what lies below it is the test's.
GROUP = "slipway-airgap"
#: RFC 5737's second range for documentation: nobody routes it.
ADDRESS = "198.51.100.2/24"
#: A bridge without ports: an address, and no way to anywhere.
LINK = "lan0"
_V2 = ("cpu", "cpuset", "io", "memory", "pids")


class Machine:
    """``directory`` holds its disk; ``media`` is a directory that it sees at /media, read-only."""

    def __init__(self, rootfs: Path, directory: Path, media: Path) -> None:
        self._root, self._log = directory / "root", directory / "console.log"
        clear()
        subprocess.run(["cp", "-a", "--reflink=auto", rootfs, self._root], check=True)
        create()
        self._process = subprocess.Popen(
            [HERE / "airgap_boot.sh", self._root, media, f"/{GROUP}"],
            stdin=subprocess.DEVNULL,
            stdout=self._log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        try:
            self.pid = self._first_process()
            for words in (
                ["link", "set", "lo", "up"],
                ["link", "add", LINK, "type", "bridge"],
                ["address", "add", ADDRESS, "dev", LINK],
                ["link", "set", LINK, "up"],
            ):
                subprocess.run(["nsenter", "--net", "--target", str(self.pid), "ip", *words], check=True)
        except BaseException:
            self.end()
            raise

    def _first_process(self) -> int:
        """Its pid 1, as this machine sees it, once it has its root."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        deadline = time.monotonic() + 60
        while self._process.poll() is None and time.monotonic() < deadline:
            found = children.read_text().split()
            if found and Path(f"/proc/{found[0]}/root/run/booted").exists():
                return int(found[0])
            time.sleep(0.05)
        raise RuntimeError(f"the machine did not boot:\n{self._log.read_text()[-2000:]}")

    def run(self, *command: str, seconds: float = 900, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; what it prints is shown as it comes, for a log that says where it stands."""
        print(f"airgap# {' '.join(command)}", flush=True)
        start = time.monotonic()
        output: list[str] = []
        child = subprocess.Popen(
            [HERE / "airgap_enter.sh", str(self.pid), f"/{GROUP}", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # Its end ends the machine: a command in a namespace of processes cannot be reached otherwise.
        rang = threading.Event()
        alarm = threading.Timer(seconds, self._ring, [rang])
        alarm.start()
        assert child.stdout
        for line in child.stdout:
            output.append(line)
            sys.stdout.write(f"  {line}")
        code = child.wait()
        alarm.cancel()
        print(f"→ {code}, {time.monotonic() - start:.1f} s", flush=True)
        text = "".join(output)
        assert not rang.is_set(), f"no end within {seconds:.0f} s: {' '.join(command)}\n{text[-4000:]}"
        assert code == 0 or not check, f"{' '.join(command)} → {code}\n{text[-6000:]}"
        return subprocess.CompletedProcess(command, code, text)

    def _ring(self, rang: threading.Event) -> None:
        rang.set()
        self._process.kill()

    def end(self) -> None:
        """Pull the plug, and remove the disk."""
        self._process.kill()
        self._process.wait()
        clear()
        shutil.rmtree(self._root, ignore_errors=True)


def hierarchies() -> list[Path]:
    """The roots: one of v2, or each controller of v1."""
    return [TOP] if (TOP / "cgroup.controllers").exists() else [path for path in TOP.iterdir() if path.is_dir()]


def create() -> None:
    """Make the machine's group in every hierarchy."""
    for top in hierarchies():
        group = top / GROUP
        group.mkdir(exist_ok=True)
        if top == TOP:
            for controller in _V2:
                with contextlib.suppress(OSError):
                    (top / "cgroup.subtree_control").write_text(f"+{controller}")
        elif (group / "cpuset.mems").exists():
            # v1: a new cpuset has neither processors nor memory, and takes no process.
            for file in ("cpuset.cpus", "cpuset.mems"):
                (group / file).write_text((top / file).read_text())


def clear(seconds: float = 60) -> None:
    """End whatever is in the machine's groups, and remove them. Raises TimeoutError naming what stays."""
    deadline = time.monotonic() + seconds
    while groups := [group for top in hierarchies() if (top / GROUP).exists() for group in _deepest_first(top / GROUP)]:
        for group in groups:
            with contextlib.suppress(OSError):
                for pid in (group / "cgroup.procs").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)
            with contextlib.suppress(OSError):
                group.rmdir()
        if time.monotonic() > deadline:
            raise TimeoutError(f"these groups cannot be removed: {groups[:3]}")
        time.sleep(0.1)


def _deepest_first(top: Path) -> list[Path]:
    found = [Path(directory) for directory, _, _ in os.walk(top)]
    return sorted(found, key=lambda path: -len(path.parts))
