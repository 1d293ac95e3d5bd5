"""Images of former builds come back to a real containerd, or are named before anything changes."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from slipway.artifacts import containerd, former, layout, store
from slipway.artifacts.api import reference
from slipway.artifacts.model import Artifact, Node
from slipway.catalog import Component
from slipway.errors import SlipwayError
from slipway.progress import Reporter
from slipway.release.state.revisions import Stored
from slipway.workflows.rollback import bring_images

LOST = "slipway.local/app:0123456789ab"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def socket(tmp_path: Path) -> Iterator[Path]:
    """A containerd of the test's own: images only, no pods."""
    directory = tmp_path / "containerd"
    directory.mkdir()
    place, config = directory / "containerd.sock", directory / "config.toml"
    plugins = 'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
    config.write_text(f'version = 2\n{plugins}[grpc]\naddress = "{place}"\n[ttrpc]\naddress = "{place}.ttrpc"\n')
    command = ["containerd", "--config", str(config), "--root", str(directory / "root"), "--state"]
    log = (directory / "log").open("wb")
    process = subprocess.Popen([*command, str(directory / "state")], stdout=log, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 60
        while subprocess.run(["ctr", "--address", str(place), "images", "ls"], capture_output=True).returncode != 0:
            assert process.poll() is None, (directory / "log").read_text()
            assert time.monotonic() < end, (directory / "log").read_text()
            time.sleep(0.1)
        yield place
    finally:
        process.terminate()
        process.wait(60)


def build(name: str, content: str, work: Path) -> Artifact:
    """A finished build in the cache, of one small layer."""
    node = Node("image", name, content * 16)
    out = work / f"{name}-{content}"
    out.mkdir(parents=True)
    digest = make(out, work / f"tree-{name}-{content}", content)
    return store.publish(Artifact("image", name, node.key, store.location(node), digest), out)


def make(out: Path, tree: Path, content: str) -> str:
    """A layout with one layer that holds one file; its manifest's digest."""
    tree.mkdir()
    (tree / "app").write_text(content)
    archive = tree.with_suffix(".tar")
    subprocess.run(["tar", "-C", str(tree), "-cf", str(archive), "."], check=True)
    diff_id = layout.digest_of(archive)
    layer = layout.add_file(out, archive, layout.LAYER)
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
    about = layout.add_bytes(out, json.dumps(config).encode(), layout.CONFIG)
    manifest = {"schemaVersion": 2, "mediaType": layout.MANIFEST, "config": about, "layers": [layer]}
    descriptor = layout.add_bytes(out, json.dumps(manifest).encode(), layout.MANIFEST)
    (out / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))
    (out / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return str(descriptor["digest"])


def stored(name: str, *images: str) -> Stored:
    """A component whose objects name images as manifests do: as a container's image, as an argument, in a text."""
    pod = {"spec": {"containers": [{"image": images[0], "args": [f"--other={image}" for image in images[1:]]}]}}
    text = {"kind": "ConfigMap", "data": {"config": f"image: {images[-1]}\n"}}
    return Stored(Component(name, "1.2", "compact", "", name, Path()), {}, "", (pod, text))


def test_references_are_found_wherever_they_stand() -> None:
    other = "slipway.local/helper:ba9876543210"
    assert former.references(list(stored("app", LOST, other).objects)) == {LOST, other}
    assert former.references({"image": "slipway.local/app:0.1.0", "x": f"{LOST}0"}) == set()


def test_a_former_build_comes_back_from_the_cache(tmp_path: Path, socket: Path) -> None:
    old, new = build("app", "1", tmp_path / "work"), build("app", "2", tmp_path / "work")
    containerd.load(new, [reference(new)], socket)
    bring_images(3, [stored("app", reference(old), reference(new))], socket, Reporter())
    assert containerd.names_and_digests(socket) == {reference(a): a.digest for a in (old, new)}


def test_what_cannot_be_had_is_named_and_nothing_is_brought(tmp_path: Path, socket: Path) -> None:
    old = build("app", "1", tmp_path / "work")
    with pytest.raises(SlipwayError, match="nothing was changed") as caught:
        bring_images(3, [stored("app", reference(old)), stored("web", LOST)], socket, Reporter())
    assert caught.value.details == (f"{LOST}, of web",)
    assert "slipway upgrade --component web --to 1.2" in caught.value.remedy
    assert "--component app" not in caught.value.remedy
    assert containerd.names_and_digests(socket) == {}
