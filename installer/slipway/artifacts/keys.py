"""Keys: the same inputs give the same key, any other input another one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

#: Left out of every key and every build context: they do not change what is built.
IGNORED_NAMES = frozenset(
    {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", "README.md", "requirements.in"}
)


def combine(inputs: Mapping[str, object]) -> str:
    """The sha256 (hex) of named inputs, independent of their order."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()


def inputs_of(directory: Path, exclude: frozenset[str] = frozenset()) -> list[Path]:
    """All files and links below a directory that count, sorted; ``exclude`` are names at its top."""
    inputs = []
    for path in sorted(directory.rglob("*")):
        parts = path.relative_to(directory).parts
        if parts[0] in exclude or IGNORED_NAMES.intersection(parts):
            continue
        if path.is_symlink() or path.is_file():
            inputs.append(path)
    return inputs


def tree_key(directory: Path, exclude: frozenset[str] = frozenset()) -> str:
    """The sha256 (hex) over names, executable bits and contents of a directory's files."""
    entries: dict[str, object] = {}
    for path in inputs_of(directory, exclude):
        name = path.relative_to(directory).as_posix()
        if path.is_symlink():
            entries[name] = ["link", str(path.readlink())]
        else:
            executable = bool(path.stat().st_mode & 0o100)
            entries[name] = ["file", executable, hashlib.sha256(path.read_bytes()).hexdigest()]
    return combine(entries)
