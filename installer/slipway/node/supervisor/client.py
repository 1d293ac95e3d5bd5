"""Talking to the supervisor, and starting it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from slipway.errors import SlipwayError
from slipway.node.supervisor.spec import Paths, Unit

#: On a machine whose every core is taken a start takes a while.
START_SECONDS = 30.0

#: Without site and user settings: starts fast and holds little memory.
_RUN = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from slipway.node.supervisor.daemon import main
main(*sys.argv[1:])
"""


class Supervisor:
    """The supervisor at ``paths``, running or not."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def ask(self, **request: Any) -> dict[str, Any] | None:
        """One command; None when no supervisor answers. Raises SlipwayError when it refuses."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10.0)
                connection.connect(self.paths.socket)
                connection.sendall(json.dumps(request).encode() + b"\n")
                with connection.makefile("rb") as stream:
                    answer: dict[str, Any] = json.loads(stream.readline() or b"{}")
        except (OSError, ValueError):
            return None
        if "error" in answer:
            raise SlipwayError(answer["error"], "supervisor")
        return answer

    def ensure(self) -> None:
        """Start it unless it answers. Raises SlipwayError when it does not come up."""
        if self.ask(do="status"):
            return
        package_root = Path(__file__).resolve().parents[3]
        command = [sys.executable, "-E", "-S", "-B", "-c", _RUN, str(package_root), self.paths.run, self.paths.logs]
        subprocess.run(command, stdin=subprocess.DEVNULL, cwd="/", check=True, timeout=30)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.ask(do="status"):
                return
            time.sleep(0.05)
        raise SlipwayError("the supervisor did not come up", self.paths.socket, f"see {self.paths.logs}/supervisor.log")

    def apply(self, unit: Unit) -> None:
        """Have a unit running with exactly this specification."""
        self.ensure()
        self.ask(do="apply", unit=unit.to_json())

    def remove(self, name: str, *, seconds: float = 60.0) -> None:
        """Stop a unit and wait for its end."""
        deadline = time.monotonic() + seconds
        answer = self.ask(do="remove", name=name)
        while answer and name in {unit["name"] for unit in answer["units"]}:
            if time.monotonic() > deadline:
                raise SlipwayError(f"{name} did not end within {seconds:.0f} s", "supervisor")
            time.sleep(0.05)
            answer = self.ask(do="status")

    def restart(self, name: str) -> None:
        """End a unit's process; the supervisor starts it again."""
        self.ask(do="restart", name=name)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a unit's process."""
        self.ask(do="signal", name=name, signal=number)

    def units(self) -> list[dict[str, Any]]:
        """What it reports of each unit; empty when it does not run."""
        answer = self.ask(do="status")
        return list(answer["units"]) if answer else []

    def quit(self) -> None:
        """End the supervisor (not its units) and wait until it is gone."""
        answer = self.ask(do="quit")
        for _ in range(100):
            if not answer:
                return
            time.sleep(0.05)
            answer = self.ask(do="status")
