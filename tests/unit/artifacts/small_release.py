"""Finished artifacts of two small images on one base layer and one program, put into the cache as a build would."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from slipway.artifacts import layout, store
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Artifact, ImageSpec, Node

BASE = b"the layer that all have " * 4000


def finish(known: Catalogue, names: Iterable[str]) -> list[Artifact]:
    """The artifacts of these nodes."""
    return [_image(known.nodes[name]) if name.startswith("image/") else _program(known.nodes[name]) for name in names]


def _image(node: Node) -> Artifact:
    assert isinstance(node.spec, ImageSpec)
    with store.workspace(node) as work:
        out = work / "out"
        layers = [layout.add_bytes(out, data, layout.LAYER) for data in (BASE, f"only {node.name}".encode() * 900)]
        config = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers"}, "config": {}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": layout.MANIFEST,
            "config": layout.add_bytes(out, json.dumps(config | {"name": node.name}).encode(), layout.CONFIG),
            "layers": layers,
        }
        descriptor = layout.add_bytes(out, json.dumps(manifest).encode(), layout.MANIFEST)
        layout.write_index(out, descriptor, node.spec.reference)
        layout.share_blobs(out)
        found = Artifact(
            "image", node.name, node.key, store.location(node), descriptor["digest"], layout.size(out), 1.0, "s", "MIT"
        )
        return store.publish(found, out)


def _program(node: Node) -> Artifact:
    with store.workspace(node) as work:
        out = work / "out"
        out.mkdir()
        for name in ("kubernetes", "helper"):
            (out / name).write_bytes(f"#!/bin/sh\necho {name}\n".encode())
            (out / name).chmod(0o755)
        size = sum(path.stat().st_size for path in out.iterdir())
        return store.publish(Artifact("binary", node.name, node.key, store.location(node), size=size), out)


def content(path: Path) -> dict[str, bytes]:
    """All files below a directory, without Slipway's metadata."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != store.METADATA
    }
