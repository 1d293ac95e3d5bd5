"""What is in a built image's own layer."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any


def modes(images: Path, name: str = "builder") -> dict[str, str]:
    """Name → type, mode and owner of everything in the topmost layer of an image below a cache's ``images/``."""
    layout = next(images.glob(f"{name}-*"))
    manifest = _path(layout, _json(layout / "index.json")["manifests"][0]["digest"])
    layer = _path(layout, _json(manifest)["layers"][-1]["digest"])
    with tarfile.open(layer) as archive:
        return {item.name: f"{item.type!r} {item.mode:o} {item.uid}:{item.gid}" for item in archive}


def _path(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _json(path: Path) -> Any:
    return json.loads(path.read_text())
