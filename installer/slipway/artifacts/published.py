"""Gets artifacts from where they were published: blobs over HTTP or out of a bundle, images from a registry."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from slipway import paths
from slipway.artifacts import encoded, layout, registry, store
from slipway.artifacts.fetch import Damaged, Unreachable, download
from slipway.artifacts.lock import Entry, Lock
from slipway.artifacts.model import Artifact, ImageSpec, Node
from slipway.errors import SlipwayError

#: Two images that want the same layer: the second finds it.
_TURNS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class Place(Protocol):
    """Where artifacts were published."""

    name: str
    lock: Lock

    def blob(self, digest: str, target: Path) -> None:
        """Write a blob's content. Raises SlipwayError when it cannot be had or is not what the digest says."""

    def image(self, node: Node, entry: Entry, out: Path) -> str:
        """Fill the OCI layout's blobs; where they came from."""


class Release:
    """A directory on a web server, and a registry that may have the images; either may be ""."""

    def __init__(self, lock: Lock, url: str, registry_name: str) -> None:
        self.lock, self.url, self.registry = lock, url, registry_name
        self.name = url or registry_name

    def blob(self, digest: str, target: Path) -> None:
        """Download to the cache first, so that a broken download goes on where it broke, even in another run."""
        if not self.url and not self.lock.blobs[digest].url:
            raise Unreachable("is not in a registry, and no artifacts.url is set", digest)
        wanted = self.lock.wanted(digest, self.url)
        loaded = download(wanted, paths.cache() / "downloads" / wanted.sha256)
        try:
            with loaded.open("rb") as source:
                packed = self.lock.blobs[digest].stored is not None
                encoded.decode(source, target, digest, wanted.url, compressed=packed)
        finally:
            loaded.unlink(missing_ok=True)

    def image(self, node: Node, entry: Entry, out: Path) -> str:
        """From the registry where there is one, else by blobs."""
        if self.registry:
            try:
                registry.pull(f"{self.registry}/{node.name}", entry.digest, out, store.log_path(node))
            except SlipwayError:
                if not self.url:
                    raise
            else:
                return self.registry
        layers(self, entry, out)
        return self.url


def layers(place: Place, entry: Entry, out: Path) -> None:
    """Fill an OCI layout blob by blob; those that another image of the cache has are linked."""
    _blob(place, entry.digest, out)
    manifest = json.loads(layout.blob(out, entry.digest).read_text())
    for item in [manifest["config"], *manifest["layers"]]:
        _blob(place, str(item["digest"]), out)


def get(node: Node, place: Place) -> Artifact:
    """Have a node's artifact in the cache. Raises SlipwayError when the place lacks it or it is damaged."""
    entry = entry_of(node, place.lock)
    with store.exclusive(node.id):
        cached = store.find(node)
        if cached:
            return cached
        with store.workspace(node) as work:
            out = work / "out"
            out.mkdir()
            if isinstance(node.spec, ImageSpec):
                artifact = _image(node, node.spec, entry, place, out)
            else:
                artifact = _files(node, entry.files, place, out)
            finished = store.publish(artifact, out)
        store.prune(node)
        return finished


def entry_of(node: Node, lock: Lock) -> Entry:
    """What the lock says of a node. Raises SlipwayError when it has it not, or of other sources."""
    entry = lock.artifacts.get(node.id)
    if entry is None:
        raise Unreachable("is not in the lock file", node.id)
    if entry.key != node.key:
        raise Unreachable("was published from other sources than those that are here", node.id)
    return entry


def _image(node: Node, spec: ImageSpec, entry: Entry, place: Place, out: Path) -> Artifact:
    origin = place.image(node, entry, out)
    descriptor = {
        "mediaType": layout.MANIFEST,
        "digest": entry.digest,
        "size": layout.blob(out, entry.digest).stat().st_size,
    }
    layout.write_index(out, descriptor, spec.reference)
    layout.share_blobs(out)
    return Artifact(
        "image",
        node.name,
        node.key,
        store.location(node),
        digest=entry.digest,
        size=layout.size(out),
        source=spec.source,
        licenses=spec.licenses,
        origin=origin,
    )


def _files(node: Node, files: Mapping[str, str], place: Place, out: Path) -> Artifact:
    for name, digest in files.items():
        place.blob(digest, out / name)
        (out / name).chmod(0o755)
    size = sum(path.stat().st_size for path in out.iterdir())
    return Artifact("binary", node.name, node.key, store.location(node), size=size, source="build", origin=place.name)


def _blob(place: Place, digest: str, out: Path) -> None:
    target = layout.blob(out, digest)
    shared = paths.cache() / "blobs" / digest.removeprefix("sha256:")
    with _TURNS[digest]:
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.link(shared, target)
            return
        if digest not in place.lock.blobs:
            raise Damaged("is not in the lock file", digest)
        place.blob(digest, target)
        shared.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.link(target, shared)
