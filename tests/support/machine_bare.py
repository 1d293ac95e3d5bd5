"""A bare machine of a test: started, used, ended. Nothing of it outlives the test."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import machine_cgroup
import machine_process

HERE = Path(__file__).parent


class Machine:
    """``name`` is its own alone, also as a cgroup; ``directory`` holds its disk, made of ``rootfs``; ``lent`` as
    machine_bare_boot.sh has it: directories of this machine that it sees."""

    def __init__(self, name: str, rootfs: Path, directory: Path, lent: Sequence[str] = ()) -> None:
        self.name, self.root, self._log = name, directory / "root", directory / "console.log"
        machine_cgroup.clear(name)
        subprocess.run(["cp", "-a", "--reflink=auto", rootfs, self.root], check=True)
        command: list[str | Path] = [HERE / "machine_bare_boot.sh", self.root, machine_cgroup.create(name), name, *lent]
        self._process = machine_process.boot(command, self._log)
        try:
            self.pid = machine_process.first(
                self._process, self._log, lambda pid: Path(f"/proc/{pid}/root/run/booted").exists()
            )
            self.ip("link", "set", "lo", "up")
        except BaseException:
            self.end()
            raise

    def ip(self, *words: str) -> None:
        """This machine's ``ip`` in the other's network: it may have none."""
        subprocess.run(["nsenter", "--net", "--target", str(self.pid), "ip", *words], check=True)

    def run(
        self, *command: str, seconds: float = 900, check: bool = True, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; what it prints is shown as it comes, for a log that says where it stands."""
        print(f"{self.name}# {' '.join(command)}", flush=True)
        start = time.monotonic()
        output: list[str] = []
        variables = [f"{name}={value}" for name, value in (env or {}).items()]
        child = subprocess.Popen(
            [HERE / "machine_enter.sh", str(self.pid), f"/{self.name}", *variables, "--", *command],
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
        machine_process.end(self._process)
        machine_cgroup.clear(self.name)
        shutil.rmtree(self.root, ignore_errors=True)
