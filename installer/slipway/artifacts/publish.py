"""Writes finished artifacts as a release: a directory for any web server, and a registry for the images."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slipway.artifacts import encoded, layout, lock, registry, rootfs, store
from slipway.artifacts.lock import Blob, Entry, Lock
from slipway.artifacts.model import Artifact
from slipway.naming import IMAGE_VERSION
from slipway.progress import Reporter

#: Compression is one core's work.
AT_ONCE = 2


def contents(artifacts: Iterable[Artifact]) -> tuple[dict[str, Entry], dict[str, Path]]:
    """(artifacts by id, the file of each blob by ``sha256:…``), before compression."""
    entries: dict[str, Entry] = {}
    files: dict[str, Path] = {}
    for artifact in sorted(artifacts, key=lambda item: (item.kind, item.name)):
        name = f"{artifact.kind}/{artifact.name}"
        if artifact.kind == "image":
            parts = layout.manifest(artifact.path)
            digests = [artifact.digest, parts["config"]["digest"], *(item["digest"] for item in parts["layers"])]
            files |= {digest: layout.blob(artifact.path, digest) for digest in digests}
            entries[name] = Entry(artifact.key, artifact.digest, artifact.size, {}, artifact.source, artifact.licenses)
        else:
            mine = {path.name: path for path in sorted(artifact.path.iterdir()) if path.name != store.METADATA}
            digests_of = {file: layout.digest_of(path) for file, path in mine.items()}
            files |= {digests_of[file]: path for file, path in mine.items()}
            entries[name] = Entry(artifact.key, "", artifact.size, digests_of, artifact.source, artifact.licenses)
    return entries, files


def write(artifacts: Iterable[Artifact], target: Path, reporter: Reporter) -> Lock:
    """Write blobs and ``artifacts.lock.yaml`` below ``target``; blobs that are there already stay."""
    entries, files = contents(artifacts)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        blobs = dict(zip(files, pool.map(lambda item: _blob(target, *item), files.items()), strict=True))
    lock_file = Lock(rootfs.architecture(), entries, blobs)
    (target / lock.NAME).write_text(lock.to_text(lock_file))
    total = sum(item.stored.size for item in blobs.values() if item.stored)
    reporter.say(f"{len(entries)} artifacts, {len(blobs)} blobs, {total / 1e6:.0f} MB in {target}")
    return lock_file


def push(artifacts: Iterable[Artifact], name: str, reporter: Reporter) -> None:
    """Copy the images to a registry, ``<name>/<image>:<version>``, with their digests."""
    for artifact in artifacts:
        if artifact.kind == "image":
            with reporter.step("release", f"push {artifact.name}", announce=False):
                log = store.log_path_of("push", artifact.name)
                registry.push(artifact.path, f"{name}/{artifact.name}:{IMAGE_VERSION}", log)


def _blob(target: Path, digest: str, source: Path) -> Blob:
    path = target / lock.path(digest)
    kept = encoded.stored(path) if path.is_file() else encoded.encode(source, path)
    return Blob(source.stat().st_size, kept)
