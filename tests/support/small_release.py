"""A small distribution, and its finished artifacts, put into the cache as a build would."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from slipway.artifacts import build, layout, store
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Artifact, ImageSpec, Node

BASE = b"the layer that all have " * 4000


def write_image(root: Path, name: str, base: str = "scratch", extra: str = "") -> Path:
    """Write ``images/<name>``: an image.yaml with these extra lines, a Dockerfile and a source file."""
    directory = root / "images" / name
    directory.mkdir(parents=True, exist_ok=True)
    text = f"name: {name}\ndescription: d\nbase: {base}\nlicenses: MIT\nsource: https://example.org\n{extra}"
    (directory / "image.yaml").write_text(text)
    start = "FROM scratch\n" if base == "scratch" else "ARG BASE\nFROM ${BASE}\n"
    (directory / "Dockerfile").write_text(f"{start}COPY app.py /\n")
    (directory / "app.py").write_text("print(1)\n")
    return directory


def quick_builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Builds need root and a network: from now on they are quick. The list is of what was built."""
    asked: list[str] = []

    def quick(node: Node, known: Catalogue) -> Artifact:
        asked.append(node.id)
        return finish(known, [node.id])[0]

    monkeypatch.setattr(build, "build", quick)
    return asked


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
