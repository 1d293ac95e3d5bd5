"""What other parts of Slipway call."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway import paths
from slipway.artifacts import apt, buildah, containerd, contents, graph, imports, layout, sources, store
from slipway.artifacts import build as builder
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.imports import Tally
from slipway.artifacts.model import Artifact, Node
from slipway.artifacts.obtain import obtain
from slipway.errors import SlipwayError
from slipway.host import packages
from slipway.naming import IMAGE_HOST
from slipway.progress import Reporter

#: Two threads that want the same image in containerd: the second finds it there.
_IMPORTS: dict[str, threading.Lock] = {}


def catalogue(root: Path | None = None) -> Catalogue:
    """Everything that can be built from ``root`` (a distribution; default: this one). Raises BadInput."""
    return contents.read((root or paths.distribution()) / "images")


def ensure(names: Iterable[str], reporter: Reporter, known: Catalogue | None = None) -> dict[str, Artifact]:
    """Get or build what is missing of these and all that they need; the result is by the names as given.

    A name is ``image/<name>``, ``binary/<name>`` (any binary of a Go unit), or just ``<name>``: the image of that
    name, else the binary. Raises BadInput for unknown names, SlipwayError with the end of the log for a failed build.
    """
    known = known or catalogue()
    wanted = {name: _node(known, name) for name in names}
    images = [node.name for node in wanted.values() if node.kind == "image"]
    nodes = [*wanted.values(), *map(known.image, with_companions(images, known))]
    wanted_ids = _missing(nodes)
    if wanted_ids:
        if sources.current().registry:
            packages.ensure("registry", reporter)
        missing = obtain(wanted_ids, known, reporter)
        if missing:
            _prepare(missing, reporter)
            graph.run(missing, lambda node: builder.build(node, known), reporter)
            buildah.trim()
        layout.prune_blobs()
    return {name: _finished(node) for name, node in wanted.items()}


def _prepare(missing: Iterable[Node], reporter: Reporter) -> None:
    """Have what builds need of the host, before the first of them takes minutes. Raises SlipwayError."""
    if not any(node.kind == "image" for node in missing):
        packages.ensure("program build", reporter)
        return
    apt.debian_sources(apt.host_sources(), apt.SUITE)
    packages.ensure("image build", reporter)


def binary(name: str) -> Path:
    """The file of a built binary (``kubernetes``, ``kustomize``, ``crane``, …). Raises SlipwayError when not built."""
    return _finished(catalogue().binary(name)).path / name


def image_reference(name: str) -> str:
    """``slipway.local/<name>:<digest12>`` of a built image; reads metadata only. Raises SlipwayError when not built."""
    return image_references([name])[name]


def image_references(names: Iterable[str]) -> dict[str, str]:
    """The digest references of built images, by name. Raises SlipwayError when one is not built."""
    known = catalogue()
    return {name: reference(_finished(known.image(name))) for name in names}


def reference(artifact: Artifact) -> str:
    """``slipway.local/<name>:<digest12>`` of an image artifact."""
    return f"{IMAGE_HOST}/{artifact.name}:{artifact.digest.removeprefix('sha256:')[:12]}"


def tally(names: Iterable[str]) -> Tally:
    """What importing these images and their companions brings to containerd; those that are not built are left out."""
    known = catalogue()
    return _tally(with_companions(names, known), known)


def _tally(names: Iterable[str], known: Catalogue) -> Tally:
    built = {name: store.find(known.image(name)) for name in names}
    return Tally(imports.new_bytes({name: artifact.path for name, artifact in built.items() if artifact}))


def import_images(names: Iterable[str], socket: Path, reporter: Reporter, counted: Tally | None = None) -> list[str]:
    """Put built images and their companions into containerd under all their names; the imported ones are returned.

    An image that is there under all its names is skipped; names of builds that the cache has no more are taken out
    (the one before stays, for a rollback). ``counted`` counts them together with those of other calls.
    """
    known = catalogue()
    wanted = with_companions(names, known)
    counted = counted or _tally(wanted, known)
    present = containerd.names_and_digests(socket)
    imported: list[str] = []
    current: dict[str, str] = {}
    for name in wanted:
        artifact = _finished(known.image(name))
        spec = known.images[name]
        targets = [spec.reference, reference(artifact), *spec.tags]
        current |= dict.fromkeys(targets, artifact.digest)
        current |= {reference(old): old.digest for old in map(store.read, store.builds(known.image(name)))}
        with _one_at_a_time(name) as waited:
            if waited:
                present = containerd.names_and_digests(socket)
            if any(present.get(target) != artifact.digest for target in targets):
                _import(artifact, targets, socket, reporter, counted)
                imported.append(name)
            counted.there(name)
    containerd.remove(containerd.outdated(present, current), socket)
    return imported


def _import(artifact: Artifact, targets: list[str], socket: Path, reporter: Reporter, counted: Tally) -> None:
    name, key, start = artifact.name, "images", time.monotonic()
    with reporter.step("images", f"import {name}", announce=False) as step:
        if reporter.live or reporter.style == "json":  # a log hears of each image when it is there
            size = f"{counted.sizes.get(name, artifact.size) / 1e6:,.0f} MB"
            left = counted.remaining
            fields = {"done": counted.done, "total": len(counted.sizes), "importing": name}
            reporter.whole(
                key,
                counted.text,
                {f"images: import {name}": size},
                remaining_seconds=None if left is None else round(left),
                **fields,
            )
        containerd.load(artifact, targets, socket)
        counted.there(name, time.monotonic() - start)
        step.note = counted.text
    reporter.whole_ended(key)


@contextmanager
def _one_at_a_time(name: str) -> Iterator[bool]:
    """Hold the right to import an image in this process; whether another thread had it before."""
    lock = _IMPORTS.setdefault(name, threading.Lock())
    waited = not lock.acquire(blocking=False)
    if waited:
        lock.acquire()
    try:
        yield waited
    finally:
        lock.release()


def with_companions(names: Iterable[str], known: Catalogue) -> list[str]:
    """The images and those that always go with them, each once. Raises BadInput for an unknown name."""
    wanted: dict[str, None] = {}
    for name in names:
        wanted |= dict.fromkeys([known.image(name).name, *known.images[name].companions])
    return list(wanted)


def _node(known: Catalogue, name: str) -> Node:
    kind, _, rest = name.partition("/")
    if kind == "image" and rest:
        return known.image(rest)
    if kind == "binary" and rest:
        return known.binary(rest)
    if name in known.owners and name not in known.images:
        return known.binary(name)
    return known.image(name)


def _missing(nodes: Iterable[Node]) -> list[str]:
    return [node.id for node in nodes if not store.find(node)]


def _finished(node: Node) -> Artifact:
    artifact = store.find(node)
    if artifact is None:
        raise SlipwayError(f"the {node.kind} is not built", node.name, f"run `slipway images build {node.name}`")
    return artifact
