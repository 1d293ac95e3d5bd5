"""Programs that builds call: their output goes to a log, its end into the error."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.artifacts import processtree, spent, stopping
from slipway.errors import SlipwayError
from slipway.host import apt, needs

_SHOWN = 15


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    where: str,
    remedy: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 3600,
) -> None:
    """Run a program and append its output to ``log``.

    Raises SlipwayError with the last lines when it cannot be started, fails, or takes longer than ``timeout`` seconds,
    and Stopped when this thread's work is to end (see stopping). However it is left, nothing of the program runs on.
    """
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    if shutil.which(words[0]) is None:
        package = needs.package_of(words[0])
        advice = f"as root: {apt.command([package])}" if package else f"install {words[0]}"
        raise SlipwayError(f"{words[0]} is not installed", where, advice)
    stopping.check(where)
    with log.open("ab") as output:
        output.write(f"$ {' '.join(words)}\n".encode())
        output.flush()
        # In a session of its own: a terminal's Ctrl-C reaches Slipway, which ends the whole tree.
        program = subprocess.Popen(
            [*_tied(), *words],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # What is made is for other users, too: a user's own mask must not reach into images.
            umask=0o022,
        )
    try:
        _await(program, where, timeout)
    except subprocess.TimeoutExpired:
        processtree.end(program)
        raise SlipwayError(
            f"{words[0]} did not end within {timeout:.0f} s", where, f"see {log}", last_lines(log)
        ) from None
    except BaseException:
        processtree.end(program)
        raise
    if program.returncode != 0:
        advice = f"{remedy}; the whole log: {log}" if remedy else f"the whole log: {log}"
        raise SlipwayError(f"{words[0]} failed with code {program.returncode}", where, advice, last_lines(log))


def _await(program: subprocess.Popen[bytes], where: str, timeout: float) -> None:
    end, pause = time.monotonic() + timeout, 0.001
    while not spent.reap(program):
        stopping.check(where)
        if time.monotonic() >= end:
            raise subprocess.TimeoutExpired(program.args, timeout)
        # Short programs are not waited for longer than they take, long ones are not asked about all the time.
        time.sleep(pause)
        pause = min(pause * 2, stopping.TURN)


def _tied() -> list[str]:
    """Makes a program end with the thread that called it: a killed Slipway leaves no build behind it."""
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def last_lines(log: Path, count: int = _SHOWN) -> tuple[str, ...]:
    """The last lines of a log that are not blank."""
    with log.open("rb") as handle:
        handle.seek(max(0, log.stat().st_size - 16384))
        text = handle.read().decode(errors="replace")
    return tuple(line[:300] for line in text.splitlines() if line.strip())[-count:]
