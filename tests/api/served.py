"""The serving image's program beside a test, without a cluster: its files as a root, in namespaces that end with it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipway import artifacts
from slipway.artifacts.layout import blob, manifest
from slipway.progress import Reporter
from slipway_builder import layer, model

#: As the image's configuration says: user, path, home.
USER = "8888:8888"
ENVIRONMENT = {
    "PATH": "/opt/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
# The shell stays, as the first process of its namespace and as root: a change of user would take from it the signal
# that the end of its parent is to bring, and with the first process all others end.
ENTER = (
    'mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && mount --bind "$2" "$1/microservice" && root=$1 && '
    'user=$3 && shift 3 && chroot --userspec="$user" "$root" sh -c \'cd /microservice && exec "$@"\' sh "$@"; exit $?'
)
PATIENCE = 60.0


def unpack(root: Path) -> Path:
    """The serving image's files in ``root``, its base's too."""
    root.mkdir()
    layout = artifacts.ensure(["image/serving"], Reporter("plain"))["image/serving"].path
    for part in manifest(layout)["layers"]:
        command = ["tar", "--extract", "--preserve-permissions", f"--directory={root}", "--exclude=./dev/*"]
        subprocess.run([*command, f"--file={blob(layout, part['digest'])}"], check=True)
    for folder in ("dev", "proc", "microservice"):
        (root / folder).mkdir(exist_ok=True)
    return root


class Served:
    """A model that runs: ``ask`` over REST, ``ask_grpc`` the method of a service of Seldon's."""

    def __init__(self, root: Path, files: Path, environment: Mapping[str, str], log: Path) -> None:
        self._root, self._files, self._log = root, files, log
        self.rest, self.grpc, metrics = _ports(3)
        ports = {"HTTP": self.rest, "GRPC": self.grpc, "METRICS": metrics}
        named = {f"PREDICTIVE_UNIT_{kind}_SERVICE_PORT": str(port) for kind, port in ports.items()}
        self._environment = {**ENVIRONMENT, **environment, **named}

    def command(self, *words: str) -> list[str]:
        """A command in the image, in a mount and a process namespace of its own that die with it."""
        space = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"]
        return [*space, "sh", "-c", ENTER, "sh", str(self._root), str(self._files), USER, *words]

    def start(self) -> subprocess.Popen[bytes]:
        """The program; its output goes to the log."""
        with self._log.open("wb") as log:
            words = self.command("python", "-m", "slipway_serving")
            return subprocess.Popen(words, env=self._environment, stdout=log, stderr=log)

    def run(self, source: str, *words: str) -> Any:
        """What a Python program in the image prints, as JSON."""
        command = self.command("python", "-c", source, *words)
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr[-2000:] + self.log()
        return json.loads(done.stdout)

    def log(self) -> str:
        """What the program said."""
        return self._log.read_text(errors="replace")[-3000:]

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Until both ports answer; fails with the log."""
        deadline = time.monotonic() + PATIENCE
        for port in (self.rest, self.grpc):
            while not _open(port):
                assert process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.1)


@contextmanager
def serving(root: Path, directory: Path, work: Path, parameters: str = "[]") -> Iterator[Served]:
    """The model of ``directory``, as the builder would lay it into an image, served."""
    found = model.read(directory)
    work.mkdir()
    layer.write(found, work / "layer.tar")
    with tarfile.open(work / "layer.tar") as tar:
        tar.extractall(work, filter="fully_trusted")
    served = Served(
        root,
        work / layer.TARGET,
        {**found.environment, "PREDICTIVE_UNIT_PARAMETERS": parameters},
        work / "log",
    )
    process = served.start()
    try:
        served.wait(process)
        yield served
    finally:
        # unshare passes no other signal on; the program's own end is the node's business, and its tests'.
        process.kill()
        process.wait()


def remove(root: Path) -> None:
    """The unpacked image goes; nothing is mounted in it any more, the namespaces are gone."""
    assert os.path.ismount(root / "proc") is False
    shutil.rmtree(root)


def _ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [int(item.getsockname()[1]) for item in sockets]
    finally:
        for item in sockets:
            item.close()


def _open(port: int) -> bool:
    with socket.socket() as item:
        item.settimeout(1)
        return item.connect_ex(("127.0.0.1", port)) == 0
