"""What one machine publishes, another one gets, over HTTP, and notices what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flaky_server import Site, serve
from slipway import artifacts
from slipway.artifacts import lock, publish, sources, store
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Artifact
from slipway.artifacts.sources import Sources
from slipway.errors import BadInput, SlipwayError
from slipway.progress import Reporter
from small_release import content, finish, quick_builds

NAMES = ("image/argo", "image/katib", "binary/kubernetes")


@pytest.fixture
def known(
    tmp_path: Path,
    cache: Path,
    write_image: Callable[..., Path],
    write_go: Callable[..., Path],
    go_version: object,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Catalogue]:
    write_image("argo")
    write_image("katib", "argo", "binaries: [helper]\n")
    write_go("kubernetes", "kubernetes", "helper")
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    yield artifacts.catalogue()
    sources.use(Sources())


@pytest.fixture
def site(known: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A release of all three on a server, their lock file in the distribution, and an empty cache."""
    published = tmp_path / "public"
    published.mkdir()
    publish.write(finish(known, NAMES), published, Reporter(stream=io.StringIO()))
    (published / lock.NAME).rename(tmp_path / lock.NAME)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other-cache"))
    with serve(Site({f"/{name}": data for name, data in content(published).items()})) as running:
        yield running


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return quick_builds(monkeypatch)


def ensure(*names: str) -> tuple[dict[str, Artifact], str]:
    said = io.StringIO()
    return artifacts.ensure(names or NAMES, Reporter(style="plain", stream=said)), said.getvalue()


def test_what_was_published_is_what_comes(site: Site, cache: Path, built: list[str]) -> None:
    sources.use(Sources("release", site.url))
    found, said = ensure()
    assert built == []
    for name, artifact in found.items():
        original = store.read(next((cache / ("images" if artifact.digest else "binaries")).glob(f"{artifact.name}-*")))
        assert content(artifact.path) == content(original.path), name
        assert (artifact.digest, artifact.size, artifact.key) == (original.digest, original.size, original.key)
        assert artifact.origin == site.url
        assert f"{artifact.kind} {artifact.name} from {site.url}" in said
    assert (found["binary/kubernetes"].path / "helper").stat().st_mode & 0o111
    # The common layer is loaded once, and one file on disk.
    assert len(site.seen) == len({path for path, _ in site.seen})


def test_the_same_contents_give_the_same_release(known: Catalogue, tmp_path: Path) -> None:
    finished = finish(known, NAMES)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        publish.write(finished, tmp_path / name, Reporter(stream=io.StringIO()))
    assert content(tmp_path / "one") == content(tmp_path / "two")


def blob_of(site: Site, known: Catalogue, part: str) -> str:
    """The path of the blob that only argo's image has: its ``config`` or its own ``layer``."""
    import json

    from slipway import paths
    from slipway.artifacts import layout

    entry = lock.read(paths.distribution() / lock.NAME).artifacts["image/argo"]
    del known, site
    folder = next((paths.distribution() / "cache" / "slipway" / "images").glob("argo-*"))
    manifest = json.loads(layout.blob(folder, entry.digest).read_text())
    item = manifest["config"] if part == "config" else manifest["layers"][-1]
    return f"/{lock.path(item['digest'])}"


@pytest.mark.parametrize("fault", ["flipped", "shorter", "missing"])
def test_a_release_that_is_damaged_is_refused(site: Site, known: Catalogue, built: list[str], fault: str) -> None:
    path = blob_of(site, known, "layer")
    data = site.files.pop(path)
    if fault == "flipped":
        site.files[path] = bytes([data[0] ^ 1]) + data[1:]
    elif fault == "shorter":
        site.files[path] = data[:-3]
    sources.use(Sources("release", site.url))
    with pytest.raises(SlipwayError, match=path):
        ensure("image/argo")
    assert built == []
    assert store.find(known.image("argo")) is None


def test_auto_builds_what_is_damaged_and_says_why(site: Site, known: Catalogue, built: list[str]) -> None:
    path = blob_of(site, known, "layer")
    site.files[path] = site.files[path][:-1] + b"?"
    sources.use(Sources("auto", site.url))
    found, said = ensure()
    assert built == ["image/argo"]
    assert found["image/argo"].origin == "build"
    assert found["image/katib"].origin == site.url
    assert "image argo: has the sha256" in said


def test_auto_builds_what_has_changed_since_with_all_it_needs(
    site: Site, known: Catalogue, built: list[str], write_image: Callable[..., Path]
) -> None:
    (known.images["argo"].directory / "app.py").write_text("print(2)\n")
    sources.use(Sources("auto", site.url))
    found, said = ensure("image/katib")
    # katib stands on argo, and needs a program that did not change.
    assert built == ["image/argo", "image/katib"]
    assert store.find(artifacts.catalogue().nodes["binary/kubernetes"]) is not None
    assert found["image/katib"].origin == "build"
    assert "was published from other sources" in said


def test_auto_without_the_server_builds_all_and_says_so_once(site: Site, built: list[str], closed_port: int) -> None:
    sources.use(Sources("auto", f"http://127.0.0.1:{closed_port}"))
    _, said = ensure()
    assert sorted(built) == sorted(NAMES)
    assert said.count("built here") == 1
    assert "refused" in said


def test_build_asks_nobody(site: Site, built: list[str]) -> None:
    sources.use(Sources("build", site.url))
    ensure()
    assert sorted(built) == sorted(NAMES)
    assert site.seen == []


def test_a_release_that_is_nowhere_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"artifacts\.url"):
        sources.from_config({"source": "release"})


def test_a_release_without_a_lock_file_is_bad_input(known: Catalogue) -> None:
    sources.use(Sources("release", "http://127.0.0.1:9"))
    with pytest.raises(BadInput, match=lock.NAME):
        ensure()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("format: 2\narchitecture: amd64\nartifacts: {}\nblobs: {}\n", "format"),
        ("format: 1\narchitecture: amd64\nartifacts: {argo: {key: x}}\nblobs: {}\n", "argo"),
        ("format: 1\narchitecture: amd64\nartifacts: {}\nblobs: {'sha256:12': {size: 1, url: 'http://x'}}\n", "sha256"),
        ("format: [\n", "not YAML"),
    ],
)
def test_a_faulty_lock_file_is_bad_input(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / lock.NAME
    path.write_text(text)
    with pytest.raises(BadInput, match=what):
        lock.read(path)


def test_a_file_elsewhere_by_its_own_url(site: Site, known: Catalogue, tmp_path: Path, built: list[str]) -> None:
    """An upstream project's own download: as it is, at any address."""
    import hashlib

    data = b"#!/bin/sh\necho upstream\n"
    site.files["/elsewhere/tool"] = data
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    entry = lock.Entry(known.nodes["binary/kubernetes"].key, files={"kubernetes": digest, "helper": digest})
    blobs = {digest: lock.Blob(len(data), None, f"{site.url}/elsewhere/tool")}
    (tmp_path / lock.NAME).write_text(lock.to_text(lock.Lock("amd64", {"binary/kubernetes": entry}, blobs)))
    sources.use(Sources("release", site.url))
    found, _ = ensure("binary/kubernetes")
    assert (found["binary/kubernetes"].path / "kubernetes").read_bytes() == data
    assert built == []
