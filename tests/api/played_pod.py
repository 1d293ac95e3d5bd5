"""A Pod's containers as processes of this machine: one view of processes, a shared volume, names that lead here.

What the kubelet and a runtime would do, as far as Katib's collector needs it: containers see each other's processes
and share the volume of a trial's metrics.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SANDBOX = """
mount -t tmpfs none /var/log
mkdir -p "$3"
mount --bind "$1" "$3"
mount --bind "$2" /etc/hosts
exec sleep infinity
"""
_SECONDS = 120


def run(pod: Mapping[str, Any], programs: Mapping[str, Path], directory: Path, hosts: Path) -> dict[str, str]:
    """What each container wrote, by name, when all have ended; ``programs`` are entrypoints of those without a command.

    Raises AssertionError for one that fails, with what it wrote. Takes root.
    """
    shared, (place,) = directory / "volume", {mount["mountPath"] for mount in mounts(pod)}
    shared.mkdir(parents=True)
    sandbox = subprocess.Popen(
        ["unshare", "-m", "-p", "-f", "--mount-proc", "sh", "-ec", _SANDBOX, "sh", shared, hosts, place],
        start_new_session=True,
    )
    try:
        first = _child(sandbox, "sleep")  # Everything is mounted by then.
        logs = {container["name"]: directory / f"{container['name']}.log" for container in pod["spec"]["containers"]}
        running = {
            container["name"]: _start(container, programs, first, logs[container["name"]])
            for container in pod["spec"]["containers"]
        }
        for name, process in running.items():
            code = process.wait(_SECONDS)
            assert code == 0, f"{name} ended with {code}:\n{logs[name].read_text()[-2000:]}"
        return {name: log.read_text() for name, log in logs.items()}
    finally:
        os.killpg(sandbox.pid, signal.SIGKILL)
        sandbox.wait(10)


def mounts(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The places of the volume that the containers share."""
    found = [mount for container in pod["spec"]["containers"] for mount in container.get("volumeMounts", [])]
    return [mount for mount in found if mount["name"] == "metrics-volume"]


def _child(parent: subprocess.Popen[bytes], command: str = "") -> int:
    """The first process in there, when it runs this command (any when none is given)."""
    children, end = Path(f"/proc/{parent.pid}/task/{parent.pid}/children"), time.monotonic() + _SECONDS
    while time.monotonic() < end and parent.poll() is None:
        for child in children.read_text().split():
            if command in ("", Path(f"/proc/{child}/comm").read_text().strip()):
                return int(child)
        time.sleep(0.05)
    raise AssertionError(f"{parent.args!r} does not start")


def _start(
    container: Mapping[str, Any], programs: Mapping[str, Path], first: int, log: Path
) -> subprocess.Popen[bytes]:
    """A container's command with its arguments; Kubernetes writes $ for $$ in both."""
    words = container.get("command") or [str(programs[container["name"]])]
    words = [word.replace("$$", "$") for word in [*words, *container.get("args", [])]]
    values = {entry["name"]: entry["value"] for entry in container.get("env", []) if "value" in entry}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["nsenter", f"--target={first}", "--mount", "--pid", "--", *words],
            env={"PATH": os.environ["PATH"], **values},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # As in a Pod, each is there before the next one is begun.
    _child(process)
    return process
