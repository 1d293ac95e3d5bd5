"""The distribution's own files: what Slipway reads beside its code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from slipway.errors import BadInput

FOLDERS = ("manifests", "overlays", "images", "playbooks", "requirements", "examples", "docs")
FILES = ("README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "artifacts.lock.yaml")
IGNORED = frozenset(
    {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", ".ansible", ".hypothesis"}
)


def files(root: Path) -> Iterator[Path]:
    """The files that count, sorted; links are followed: two editions of a chart share its templates so."""
    for name in FILES:
        if (root / name).is_file():
            yield root / name
    for name in FOLDERS:
        for folder, subfolders, names in os.walk(root / name, followlinks=True):
            subfolders[:] = sorted(set(subfolders) - IGNORED)
            for path in (Path(folder) / file for file in sorted(set(names) - IGNORED)):
                if path.is_file():
                    yield path


def copy(root: Path, target: Path) -> None:
    """Copy them, links as what they lead to. Raises BadInput when one leads out of the distribution."""
    inside = root.resolve()
    for path in files(root):
        if not path.resolve().is_relative_to(inside):
            raise BadInput("a link leads out of the distribution", str(path), "replace it by a file")
        copied = target / path.relative_to(root)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copied)
