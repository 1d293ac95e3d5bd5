"""Running programs: their output goes to the log, a failure names the program and its last lines."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Run = Callable[[list[str]], None]


class CommandFailed(Exception):
    """A program ended with an error; the message has its last lines."""


def run(command: list[str]) -> None:
    """Run a command. Raises CommandFailed."""
    print("+ " + " ".join(command), flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        last = " | ".join(done.stdout.strip().splitlines()[-5:])
        raise CommandFailed(f"{' '.join(command[:2])} failed with code {done.returncode}: {last}")
