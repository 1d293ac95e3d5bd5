"""The cache on disk: finished artifacts appear at once or not at all."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from slipway import paths
from slipway.artifacts import stopping
from slipway.artifacts.model import Artifact, Node

METADATA = "slipway.json"
_FOLDERS = {"binary": "binaries", "image": "images"}
#: How many builds of one artifact stay: the current one and the one before.
KEPT = 2


def location(node: Node) -> Path:
    """Where a node's artifact lies when it is finished."""
    return paths.cache() / _FOLDERS[node.kind] / f"{node.name}-{node.key[:16]}"


def log_path(node: Node) -> Path:
    """The log of a node's last build."""
    return log_path_of(node.kind, node.name)


def log_path_of(what: str, name: str) -> Path:
    """The log of something else that is done with an artifact."""
    return paths.cache() / "logs" / f"{what}-{name}.log"


def find(node: Node) -> Artifact | None:
    """The finished artifact of this key, or None. Reads one small file."""
    try:
        return read(location(node))
    except FileNotFoundError:
        return None


@contextmanager
def workspace(node: Node) -> Iterator[Path]:
    """A directory in the cache to build in, gone afterwards; needs the node's lock, for it is the same every time.

    What a killed process left in it is removed first.
    """
    directory = paths.cache() / "tmp" / f"{node.kind}-{node.name}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def publish(artifact: Artifact, built: Path) -> Artifact:
    """Move a built directory to ``artifact.path`` in one step, after its contents are on disk."""
    data = {key: value for key, value in asdict(artifact).items() if key != "path"}
    (built / METADATA).write_text(json.dumps(data, indent=2) + "\n")
    built.chmod(0o755)
    for path in built.rglob("*"):
        if path.is_file() and not path.is_symlink():
            _sync(path)
    artifact.path.parent.mkdir(parents=True, exist_ok=True)
    if artifact.path.exists():
        shutil.rmtree(artifact.path)
    built.rename(artifact.path)
    _sync(artifact.path.parent)
    return artifact


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Hold a lock of this name among all processes that use the cache; waits for it. Raises Stopped (see stopping)."""
    with _lock_file(name).open("w") as handle:
        while not _locked(handle):
            stopping.check(name)
            stopping.turn()
        yield


@contextmanager
def shared(name: str) -> Iterator[None]:
    """Hold a lock together with others; ``alone`` of the same name finds out whether there are any."""
    with _lock_file(name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold a lock unless somebody else holds it; says whether it is held, and does not wait."""
    with _lock_file(name).open("w") as handle:
        yield _locked(handle)


@contextmanager
def slot(name: str) -> Iterator[Path]:
    """A directory of this kind that nobody else uses; it keeps what was put in it for the next user."""
    number = 0
    while True:
        directory = paths.cache() / name / str(number)
        directory.mkdir(parents=True, exist_ok=True)
        with (directory.parent / f"{number}.lock").open("w") as handle:
            if not _locked(handle):
                number += 1
                continue
            yield directory
            return


def builds(node: Node) -> list[Path]:
    """All finished builds of an artifact, whatever their key, newest first."""
    folders = [
        path
        for path in location(node).parent.glob(f"{node.name}-*")
        if re.fullmatch(r"[0-9a-f]{16}", path.name.removeprefix(f"{node.name}-")) and (path / METADATA).is_file()
    ]
    return sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)


def read(path: Path) -> Artifact:
    """The artifact of a finished build's directory."""
    return Artifact(**{**json.loads((path / METADATA).read_text()), "path": path})


def prune(node: Node) -> None:
    """Remove builds of this artifact with other keys, except the newest ones."""
    for path in [path for path in builds(node) if path != location(node)][KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _locked(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(name: str) -> Path:
    directory = paths.cache() / "locks"
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{name.replace('/', '-')}.lock"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
