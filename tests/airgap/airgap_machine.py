"""The machine without a network: started, used, ended. Nothing of it outlives the test."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import machine_cgroup
import machine_process

HERE = Path(__file__).parent
#: Nothing else uses this name: what lies below it is the test's.
GROUP = "slipway-airgap"
#: RFC 5737's second range for documentation: nobody routes it.
ADDRESS = "198.51.100.2/24"
#: A bridge without ports: an address, and no way to anywhere.
LINK = "lan0"


class Machine:
    """``directory`` holds its disk; ``media`` is a directory that it sees at /media, read-only."""

    def __init__(self, rootfs: Path, directory: Path, media: Path) -> None:
        self._root, self._log = directory / "root", directory / "console.log"
        machine_cgroup.clear(GROUP)
        subprocess.run(["cp", "-a", "--reflink=auto", rootfs, self._root], check=True)
        command: list[str | Path] = [HERE / "airgap_boot.sh", self._root, media, machine_cgroup.create(GROUP)]
        self._process = machine_process.boot(command, self._log)
        try:
            self.pid = machine_process.first(
                self._process, self._log, lambda pid: Path(f"/proc/{pid}/root/run/booted").exists()
            )
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
        machine_process.end(self._process)
        machine_cgroup.clear(GROUP)
        shutil.rmtree(self._root, ignore_errors=True)
