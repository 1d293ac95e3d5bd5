"""OCI image layouts: directories of blobs (image-spec, image-layout.md)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from slipway import paths

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
NAME_ANNOTATION = "org.opencontainers.image.ref.name"
_BLOCK = 1 << 20


def digest_of(path: Path) -> str:
    """``sha256:…`` of a file."""
    hashed = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(_BLOCK):
            hashed.update(block)
    return f"sha256:{hashed.hexdigest()}"


def blob(layout: Path, digest: str) -> Path:
    """Where a layout keeps a blob."""
    algorithm, value = digest.split(":", 1)
    return layout / "blobs" / algorithm / value


def manifest_descriptor(layout: Path) -> dict[str, Any]:
    """The descriptor of the only manifest of a layout."""
    entries = json.loads((layout / "index.json").read_text())["manifests"]
    return dict(entries[0])


def manifest(layout: Path) -> dict[str, Any]:
    """The only manifest of a layout."""
    return dict(json.loads(blob(layout, manifest_descriptor(layout)["digest"]).read_text()))


def add_bytes(layout: Path, data: bytes, media_type: str) -> dict[str, Any]:
    """Store a blob; its descriptor."""
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    path = blob(layout, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def add_file(layout: Path, source: Path, media_type: str) -> dict[str, Any]:
    """Move a file into the layout; its descriptor."""
    digest = digest_of(source)
    path = blob(layout, digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    size = source.stat().st_size
    source.rename(path)
    return {"mediaType": media_type, "digest": digest, "size": size}


def write_index(layout: Path, descriptor: dict[str, Any], name: str) -> None:
    """Make a layout of the blobs: one manifest with one name."""
    entry = {**descriptor, "annotations": {NAME_ANNOTATION: name}}
    index = {"schemaVersion": 2, "manifests": [entry]}
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (layout / "index.json").write_text(json.dumps(index))


def share_blobs(layout: Path) -> None:
    """Replace blobs that another layout of the cache has too by hard links: images share their base on disk."""
    shared = paths.cache() / "blobs"
    shared.mkdir(parents=True, exist_ok=True)
    for path in (layout / "blobs" / "sha256").iterdir():
        common = shared / path.name
        try:
            os.link(path, common)
        except FileExistsError:
            # Another process may prune it at this moment: then it stays unshared.
            with contextlib.suppress(FileNotFoundError):
                if path.samefile(common):
                    continue  # rename(2) of one name of a file to another does nothing and leaves both
                temporary = path.with_name(f".{path.name}")
                os.link(common, temporary)
                temporary.replace(path)


def prune_blobs() -> None:
    """Remove shared blobs that no layout has any more."""
    shared = paths.cache() / "blobs"
    for path in shared.iterdir() if shared.is_dir() else ():
        # Another process may prune at this moment.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_nlink == 1:
                path.unlink()


def size(layout: Path) -> int:
    """Bytes of the image: manifest, configuration and layers."""
    descriptor = manifest_descriptor(layout)
    parts = manifest(layout)
    return int(descriptor["size"]) + int(parts["config"]["size"]) + sum(int(item["size"]) for item in parts["layers"])
