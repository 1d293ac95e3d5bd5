"""Layouts on disk: written, shared, and given to containerd under all their names."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from slipway.artifacts import containerd, export, hostnet, layout, rootfs, spec
from slipway.artifacts.model import ImageSpec, Rootfs


@pytest.fixture
def image(write_image: object) -> ImageSpec:
    assert callable(write_image)
    return spec.read_image(write_image("base"))


def make(image: ImageSpec, work: Path, content: str) -> Path:
    """A base image with one file."""
    work.mkdir(parents=True)
    data = content.encode()
    info = tarfile.TarInfo("file")
    info.size = len(data)
    with tarfile.open(work / "rootfs.tar", "w") as archive:
        archive.addfile(info, io.BytesIO(data))
    packages = Rootfs("bookworm", ("python3",), env=(("LANG", "C.UTF-8"),))
    rootfs.write_image(image, packages, work / "rootfs.tar", work / "out")
    return work / "out"


def test_a_layout_has_what_the_specification_asks_for(image: ImageSpec, tmp_path: Path) -> None:
    out = make(image, tmp_path / "a", "x")
    manifest = layout.manifest(out)
    assert json.loads((out / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    assert layout.manifest_descriptor(out)["annotations"] == {layout.NAME_ANNOTATION: "slipway.local/base:0.1.0"}
    for part in (layout.manifest_descriptor(out), manifest["config"], *manifest["layers"]):
        path = layout.blob(out, part["digest"])
        assert (layout.digest_of(path), path.stat().st_size) == (part["digest"], part["size"])
    config = json.loads(layout.blob(out, manifest["config"]["digest"]).read_text())
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]
    assert config["config"]["Env"] == ["LANG=C.UTF-8"]
    assert config["config"]["Labels"]["org.opencontainers.image.licenses"] == "MIT"
    assert layout.size(out) == sum(path.stat().st_size for path in (out / "blobs/sha256").iterdir())


def test_the_same_content_gives_the_same_digest(image: ImageSpec, tmp_path: Path) -> None:
    one, two, other = (make(image, tmp_path / name, text) for name, text in (("a", "x"), ("b", "x"), ("c", "y")))
    digests = [layout.manifest_descriptor(path)["digest"] for path in (one, two, other)]
    assert digests[0] == digests[1] != digests[2]


def test_equal_blobs_are_one_file_on_disk(image: ImageSpec, tmp_path: Path, cache: Path) -> None:
    one, two = make(image, tmp_path / "a", "x"), make(image, tmp_path / "b", "x")
    for path in (one, two):
        layout.share_blobs(path)
    layer = layout.manifest(one)["layers"][0]["digest"]
    assert layout.blob(one, layer).samefile(layout.blob(two, layer))
    layout.prune_blobs()
    assert len(list((cache / "blobs").iterdir())) == 3
    for path in [*(one / "blobs/sha256").iterdir(), *(two / "blobs/sha256").iterdir()]:
        path.unlink()
    layout.prune_blobs()
    assert list((cache / "blobs").iterdir()) == []


def test_export_keeps_the_base_s_layer_and_drops_build_arguments(image: ImageSpec, tmp_path: Path) -> None:
    base = make(image, tmp_path / "a", "x")
    pushed = tmp_path / "pushed"
    pushed.mkdir()
    layers = [layout.manifest(base)["layers"][0]]
    (pushed / layers[0]["digest"].split(":")[1]).write_bytes(layout.blob(base, layers[0]["digest"]).read_bytes())
    layers.append(_put(pushed, b"another layer", layout.LAYER))
    config = {
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        "history": [{"created_by": f"ARG CA={hostnet.MOUNT}", "empty_layer": True}] * 12,
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": layout.MANIFEST,
        "config": _put(pushed, json.dumps(config).encode(), layout.CONFIG),
        "layers": layers,
        "annotations": {"a": "1", "empty": ""},
    }
    (pushed / "manifest.json").write_text(json.dumps(manifest))
    export.to_layout(pushed, base, image, tmp_path / "out")
    written = layout.manifest(tmp_path / "out")
    assert written["layers"] == layers
    assert written["annotations"] == {"a": "1"}
    history = json.loads(layout.blob(tmp_path / "out", written["config"]["digest"]).read_text())["history"]
    assert [entry["created_by"] for entry in history] == ["mmdebstrap bookworm python3", "images/base/Dockerfile"]


def test_the_archive_names_one_manifest_many_times(image: ImageSpec, tmp_path: Path) -> None:
    out = make(image, tmp_path / "a", "x")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w|") as archive:
        containerd.write_archive(out, ["slipway.local/base:0.1.0", "other/name:1"], archive)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as archive:
        names = archive.getnames()
        stream = archive.extractfile("index.json")
        assert stream is not None
        entries = json.load(stream)["manifests"]
    assert [entry["annotations"]["io.containerd.image.name"] for entry in entries] == [
        "slipway.local/base:0.1.0",
        "other/name:1",
    ]
    assert {entry["digest"] for entry in entries} == {layout.manifest_descriptor(out)["digest"]}
    assert f"blobs/sha256/{layout.manifest_descriptor(out)['digest'].split(':')[1]}" in names


def test_containerd_s_list_is_read() -> None:
    text = (
        "REF TYPE DIGEST SIZE PLATFORMS LABELS\n"
        "slipway.local/base:0.1.0 application/vnd.oci.image.manifest.v1+json sha256:ab 1.0 MiB linux/amd64 x=y\n"
    )
    assert containerd.parse_list(text) == {"slipway.local/base:0.1.0": "sha256:ab"}


def test_only_names_of_former_builds_are_outdated() -> None:
    current = dict.fromkeys(["slipway.local/app:0.1.0", "slipway.local/app:aaaaaaaaaaaa"], "sha256:a")
    present = {
        **current,
        "slipway.local/app:bbbbbbbbbbbb": "sha256:b",
        "slipway.local/other:bbbbbbbbbbbb": "sha256:b",
        "slipway.local/app:v1.2.3": "sha256:b",
        "elsewhere/app:bbbbbbbbbbbb": "sha256:b",
        "sha256:identity-of-b": "sha256:b",
    }
    assert containerd.outdated(present, current) == ["slipway.local/app:bbbbbbbbbbbb"]


def test_an_identity_goes_with_the_last_name() -> None:
    current = {"slipway.local/app:0.1.0": "sha256:a"}
    present = {
        **current,
        "sha256:identity-of-a": "sha256:a",
        "slipway.local/app:bbbbbbbbbbbb": "sha256:b",
        "sha256:identity-of-b": "sha256:b",
    }
    assert containerd.outdated(present, current) == ["slipway.local/app:bbbbbbbbbbbb", "sha256:identity-of-b"]


def _put(directory: Path, data: bytes, media_type: str) -> dict[str, object]:
    import hashlib

    digest = hashlib.sha256(data).hexdigest()
    (directory / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def test_the_archive_leaves_out_what_containerd_has(image: ImageSpec, tmp_path: Path) -> None:
    out = make(image, tmp_path / "a", "x")
    (layer, *_) = layout.manifest(out)["layers"]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w|") as archive:
        containerd.write_archive(out, ["a/b:1"], archive, without={layer["digest"]})
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as archive:
        names = set(archive.getnames())
    whole = {f"blobs/sha256/{blob.name}" for blob in (out / "blobs" / "sha256").iterdir()}
    assert whole - names == {f"blobs/sha256/{layer['digest'].removeprefix('sha256:')}"}
