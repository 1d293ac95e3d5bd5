"""What hosts of a larger cluster need of Slipway's artifacts, as files that playbooks/cluster.yml copies to them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway import artifacts, paths
from slipway.artifacts import layout, store
from slipway.artifacts.api import with_companions
from slipway.errors import BadInput
from slipway.node import settings
from slipway.node.config import NodeConfig
from slipway.progress import Reporter

#: Every host runs these: the control plane's programs, and the network between hosts.
NEEDED = ("kubernetes", "pause", "flannel")
#: containerd names an image by this annotation of an index entry.
_NAME = "io.containerd.image.name"


def export(config: NodeConfig, extra: Sequence[str], reporter: Reporter) -> dict[str, Any]:
    """Build what is missing and write the archive of the images.

    Gives back ``version`` of Kubernetes; ``kubernetes``: path and sha256 of the multi-call binary; ``archive``: path of
    an OCI archive; ``images``: name → digest of all that is in it; ``flannel``: the network's image, by digest;
    ``settings``: what nodes are set to.
    ``extra`` are names of images; ``all`` means every one. Raises BadInput for an unknown name.
    """
    known = artifacts.catalogue()
    unknown = sorted({*extra} - {"all", *known.images})
    if unknown:
        raise BadInput(f"no image {unknown[0]!r}", "--image", f"one of: all, {', '.join(sorted(known.images))}")
    names = with_companions([*NEEDED, *(sorted(known.images) if "all" in extra else extra)], known)
    built = artifacts.ensure(["binary/kubernetes", *(f"image/{name}" for name in names)], reporter, known)
    tags: dict[str, str] = {}
    layouts: dict[str, Path] = {}
    for name in names:
        artifact, spec = built[f"image/{name}"], known.images[name]
        layouts[artifact.digest] = artifact.path
        tags |= dict.fromkeys([spec.reference, artifacts.reference(artifact), *spec.tags], artifact.digest)
    binary = artifacts.binary("kubernetes")
    return {
        "version": config.kubernetes_version,
        "kubernetes": {"path": str(binary), "sha256": layout.digest_of(binary).removeprefix("sha256:")},
        "archive": str(_archive(layouts, tags)),
        "flannel": artifacts.reference(built["image/flannel"]),
        "images": tags,
        "settings": settings.exported(),
    }


def _archive(layouts: Mapping[str, Path], tags: Mapping[str, str]) -> Path:
    """The archive of these images, written when the cache lacks it; another one goes."""
    key = hashlib.sha256(json.dumps(tags, sort_keys=True).encode()).hexdigest()[:16]
    path = paths.cache() / "cluster" / f"images-{key}.tar"
    with store.exclusive("cluster-images"):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in path.parent.iterdir():
                old.unlink()
            part = path.with_suffix(".part")
            with tarfile.open(part, "w") as archive:
                write(layouts, tags, archive)
            part.rename(path)
    return path


def write(layouts: Mapping[str, Path], tags: Mapping[str, str], archive: tarfile.TarFile) -> None:
    """One OCI archive: ``layouts`` by digest, ``tags`` name → digest. Blobs that images share are in it once."""
    entries = [
        {**layout.manifest_descriptor(layouts[digest]), "annotations": {_NAME: tag}} for tag, digest in tags.items()
    ]
    _member(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    _member(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": entries}).encode())
    blobs = {blob.name: blob for path in layouts.values() for blob in (path / "blobs" / "sha256").iterdir()}
    for name in sorted(blobs):
        archive.add(blobs[name], f"blobs/sha256/{name}", recursive=False)


def _member(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o644
    archive.addfile(info, io.BytesIO(data))
