"""Commands of the host, with their failure as an error that shows the cause."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.errors import SlipwayError

#: Some shells give a user's PATH without the administrator's directories.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of host commands: ours, with the administrator's directories and English messages."""
    path = os.environ.get("PATH", "")
    return {**os.environ, "PATH": f"{path}:{SYSTEM_PATH}" if path else SYSTEM_PATH, "LC_ALL": "C", **(extra or {})}


def run(
    argv: Sequence[str | Path],
    *,
    what: str = "",
    remedy: str = "",
    timeout: float = 120.0,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command and give back its standard output.

    Raises SlipwayError with the last lines of its output when it fails, is missing or takes too long (seconds).
    """
    command = [str(part) for part in argv]
    where = what or " ".join(command[:3])
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=timeout, env=environment(env), check=False
        )
    except FileNotFoundError as error:
        raise SlipwayError(f"{command[0]} is not installed", where, remedy or "slipway doctor") from error
    except subprocess.TimeoutExpired as error:
        raise SlipwayError(f"no end within {timeout:.0f} s", where, remedy) from error
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()[-12:]
        raise SlipwayError(f"ended with {done.returncode}", where, remedy, tuple(lines))
    return done.stdout


def attempt(argv: Sequence[str | Path], *, timeout: float = 60.0, stdin: str | None = None) -> tuple[int, str]:
    """Run a command whose failure is an answer: (exit code, output); 127 when it is missing, 124 on time-out."""
    try:
        done = subprocess.run(
            [str(part) for part in argv],
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            env=environment(),
            check=False,
        )
    except FileNotFoundError:
        return 127, ""
    except subprocess.TimeoutExpired:
        return 124, ""
    return done.returncode, done.stdout
