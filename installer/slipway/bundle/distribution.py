"""The distribution's own files: what Slipway reads beside its code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from slipway.errors import BadInput

FOLDERS = ("manifests", "overlays", "images", "playbooks", "requirements", "examples", "docs")
FILES = ("README.md", "LICENSE", "CHANGELOG.md", "artifacts.lock.yaml", "catalog.lock.yaml")
IGNORED = frozenset(
    {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", ".ansible", ".hypothesis"}
)


def files(root: Path) -> Iterator[Path]:
    """The files that count, sorted."""
    for name in FILES:
        if (root / name).is_file():
            yield root / name
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not IGNORED.intersection(path.relative_to(root).parts):
                yield path


def copy(root: Path, target: Path) -> None:
    """Copy them. Raises BadInput when a link among them leads out of the distribution."""
    for path in files(root):
        if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
            raise BadInput("is a link out of the distribution", str(path), "replace it by a file")
        copied = target / path.relative_to(root)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copied)
