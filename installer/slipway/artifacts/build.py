"""Builds one node, or finds that it is built."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from slipway.artifacts import buildah, golang, layout, rootfs, spent, store
from slipway.artifacts.contents import Catalogue
from slipway.artifacts.model import Artifact, GoUnit, ImageSpec, Node
from slipway.artifacts.spec import check_dockerfile
from slipway.errors import SlipwayError


def build(node: Node, catalogue: Catalogue) -> Artifact:
    """Build a node whose needs are built; other processes that want the same one wait and share it."""
    with store.exclusive(node.id):
        cached = store.find(node)
        if cached:
            return cached
        log = store.log_path(node)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        with store.workspace(node) as work, spent.counted() as processors:
            out = work / "out"
            start = time.monotonic()
            if isinstance(node.spec, GoUnit):
                artifact = _go(node, node.spec, work, out, log)
            elif isinstance(node.spec, ImageSpec):
                artifact = _image(node, node.spec, catalogue, work, out, log)
            else:
                raise SlipwayError("nothing says how to build it", node.id)
            finished = store.publish(_timed(artifact, time.monotonic() - start, processors.seconds), out)
        store.prune(node)
        return finished


def _go(node: Node, unit: GoUnit, work: Path, out: Path, log: Path) -> Artifact:
    out.mkdir()
    scratch = work / "work"
    scratch.mkdir()
    golang.build(unit, scratch, out, log)
    size = sum(path.stat().st_size for path in out.iterdir())
    return Artifact("binary", node.name, node.key, store.location(node), size=size, source="build")


def _image(node: Node, spec: ImageSpec, catalogue: Catalogue, work: Path, out: Path, log: Path) -> Artifact:
    scratch = work / "work"
    scratch.mkdir()
    if spec.rootfs:
        rootfs.build(spec, spec.rootfs, scratch, out, log)
    else:
        base = None if spec.base == "scratch" else _finished(catalogue.image(spec.base)).path
        check_dockerfile(spec.directory / "Dockerfile", spec.base)
        binaries = {name: _finished(catalogue.binary(name)).path / name for name in spec.binaries}
        buildah.build(spec, base, binaries, scratch, out, log)
    layout.share_blobs(out)
    digest = str(layout.manifest_descriptor(out)["digest"])
    return Artifact(
        "image",
        node.name,
        node.key,
        store.location(node),
        digest=digest,
        size=layout.size(out),
        source=spec.source,
        licenses=spec.licenses,
    )


def _finished(node: Node) -> Artifact:
    artifact = store.find(node)
    if artifact is None:
        raise SlipwayError("is needed and not built", node.id, "run `slipway images build`")
    return artifact


def _timed(artifact: Artifact, seconds: float, cpu_seconds: float) -> Artifact:
    return replace(artifact, seconds=round(seconds, 1), cpu_seconds=round(cpu_seconds, 1))
