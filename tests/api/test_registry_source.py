"""Images of a release from a real registry, by digest; what is wrong there is noticed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from docker_registry import Registry, free_port, program, running
from slipway import artifacts, paths
from slipway.artifacts import lock, publish, sources, store
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Artifact
from slipway.artifacts.sources import Sources
from slipway.errors import SlipwayError
from slipway.progress import Reporter
from small_release import content, finish, quick_builds, write_image

NAMES = ("image/argo", "image/katib")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with running(tmp_path / "registry") as found:
        yield found


@pytest.fixture
def known(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    """Two images, pushed; their lock file in the distribution, and an empty cache."""
    program()
    for name in ("argo", "katib"):
        write_image(tmp_path, name)
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = artifacts.catalogue()
    finished = finish(found, NAMES)
    publish.write(finished, tmp_path, Reporter(stream=io.StringIO()))
    publish.push(finished, f"http://{registry.host}/slipway", Reporter(stream=io.StringIO()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other-cache"))
    yield found
    sources.use(Sources())


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return quick_builds(monkeypatch)


def ensure() -> tuple[dict[str, Artifact], str]:
    said = io.StringIO()
    return artifacts.ensure(NAMES, Reporter("plain", said)), said.getvalue()


def test_what_was_pushed_is_what_comes(known: Catalogue, registry: Registry, built: list[str], tmp_path: Path) -> None:
    assert registry.repositories() == ["slipway/argo", "slipway/katib"]
    sources.use(Sources("release", registry=f"http://{registry.host}/slipway"))
    found, said = ensure()
    assert built == []
    for artifact in found.values():
        folder = next((tmp_path / "cache" / "slipway" / "images").glob(f"{artifact.name}-*"))
        assert content(artifact.path) == content(folder)
        assert artifact.digest == store.read(folder).digest
        assert artifact.origin == f"http://{registry.host}/slipway"
    assert f"image argo from http://{registry.host}/slipway" in said
    # What skopeo loaded for both is one file on disk, and its own copy is gone.
    assert not (paths.cache() / "downloads" / "layers").exists()


def _promise(digest: str) -> None:
    """Write another promise for argo into the lock file."""
    path = paths.distribution() / lock.NAME
    before = lock.read(path)
    entries = dict(before.artifacts)
    entries["image/argo"] = replace(entries["image/argo"], digest=digest)
    path.write_text(lock.to_text(replace(before, artifacts=entries)))


def test_a_digest_that_the_registry_has_not(known: Catalogue, registry: Registry, built: list[str]) -> None:
    _promise("sha256:" + "1" * 64)
    sources.use(Sources("release", registry=f"http://{registry.host}/slipway"))
    with pytest.raises(SlipwayError, match="1111"):
        ensure()
    assert store.find(known.image("argo")) is None
    sources.use(Sources("auto", registry=f"http://{registry.host}/slipway"))
    found, said = ensure()
    assert built == ["image/argo"]
    assert "image argo: skopeo failed" in said
    assert found["image/katib"].origin == f"http://{registry.host}/slipway"


def test_a_registry_whose_content_was_changed(known: Catalogue, registry: Registry, built: list[str]) -> None:
    """The manifest under the promised digest is another one: what a broken disk or a wrong hand leaves."""
    digest = lock.read(paths.distribution() / lock.NAME).artifacts["image/argo"].digest.removeprefix("sha256:")
    blobs = registry.directory / "data" / "docker" / "registry" / "v2" / "blobs" / "sha256"
    data = blobs / digest[:2] / digest / "data"
    manifest = json.loads(data.read_text())
    data.write_text(json.dumps({**manifest, "annotations": {"changed": "yes"}}))
    sources.use(Sources("release", registry=f"http://{registry.host}/slipway"))
    with pytest.raises(SlipwayError):
        ensure()
    assert built == []
    assert store.find(known.image("argo")) is None


def test_no_registry_there(known: Catalogue, built: list[str]) -> None:
    sources.use(Sources("auto", registry=f"http://127.0.0.1:{free_port()}/slipway"))
    _, said = ensure()
    assert sorted(built) == sorted(NAMES)
    assert "refused" in said
