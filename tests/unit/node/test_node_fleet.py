"""The archive that playbooks/cluster.yml sends to hosts."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from slipway.artifacts import layout
from slipway.errors import BadInput
from slipway.node import fleet
from slipway.node.config import NodeConfig
from slipway.progress import Reporter


def image(place: Path, name: str) -> tuple[str, Path]:
    """A layout whose blobs are a layer that all share and a manifest of its own; its digest and its path."""
    layer = layout.add_bytes(place, b"shared", layout.LAYER)
    manifest = json.dumps({"name": name, "layers": [layer]}).encode()
    descriptor = layout.add_bytes(place, manifest, layout.MANIFEST)
    layout.write_index(place, descriptor, name)
    return str(descriptor["digest"]), place


def test_every_name_is_in_the_index_and_every_blob_once(tmp_path: Path) -> None:
    layouts = dict([image(tmp_path / "a", "a"), image(tmp_path / "b", "b")])
    one, two = layouts
    tags = {"slipway.local/a:1": one, "slipway.local/a:2": one, "slipway.local/b:1": two}
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        fleet.write(layouts, tags, archive)
    written.seek(0)
    with tarfile.open(fileobj=written) as archive:
        names = archive.getnames()
        index = json.load(archive.extractfile("index.json") or io.BytesIO())
    assert len(names) == len(set(names)) == 2 + 3
    found = {item["annotations"]["io.containerd.image.name"]: item["digest"] for item in index["manifests"]}
    assert found == tags


def test_an_unknown_image_is_refused_before_anything_is_built() -> None:
    with pytest.raises(BadInput, match="no image 'nothing'"):
        fleet.export(NodeConfig(), ["nothing"], Reporter())
