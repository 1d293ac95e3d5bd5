"""Gathers the parts of a bundle."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from slipway import __version__, paths
from slipway.artifacts import encoded, layout, store
from slipway.artifacts.model import Artifact
from slipway.bundle import packages as debs
from slipway.bundle.sbom import document, gobuild, golicence, gosum, layers, packages, spdx
from slipway.bundle.sbom.model import Part, purl


def sbom(artifacts: Iterable[Artifact], wheels: Path, repository: Path) -> str:
    """The SBOM's text for these artifacts, a directory of wheels and one of Debian packages."""
    parts: list[Part] = []
    contains: dict[str, list[str]] = {}
    for artifact in artifacts:
        outer, inner = image(artifact) if artifact.kind == "image" else program(artifact)
        parts += [outer, *inner]
        contains[outer.purl] = [part.purl for part in inner]
    parts += [wheel(path) for path in sorted(wheels.glob("*.whl"))]
    parts += [host_package(path) for path in sorted(repository.glob("*.deb"))]
    return document.text(parts, contains, spdx.IDS)


def image(artifact: Artifact) -> tuple[Part, list[Part]]:
    """An image, and the packages in it."""
    digest = artifact.digest.removeprefix("sha256:")
    outer = Part(
        purl("oci", artifact.name, artifact.digest),
        artifact.name,
        artifact.digest,
        "container",
        (artifact.licenses,) if artifact.licenses else (),
        (("SHA-256", digest),),
    )
    blobs = [layout.blob(artifact.path, str(item["digest"])) for item in layout.manifest(artifact.path)["layers"]]
    # Hard links to one blob share its records.
    shared = [path.resolve() for path in blobs]
    return outer, packages.of(layers.merged(shared))


def program(artifact: Artifact) -> tuple[Part, list[Part]]:
    """The programs of a Go unit as one part, and the modules in them."""
    files = [path for path in sorted(artifact.path.iterdir()) if path.name != store.METADATA]
    inner = {part.purl: part for path in files for part in gobuild.modules(path)}
    # A vendored build leaves the sums out of the program; go.sum has them.
    sums = gosum.read(paths.distribution() / "images" / artifact.name / "go" / "go.sum")
    found = [
        replace(
            part,
            licenses=part.licenses or golicence.of_module(part.name, part.version),
            hashes=part.hashes or sums.get((part.name, part.version), ()),
        )
        for part in inner.values()
    ]
    outer = Part(
        purl("generic", f"slipway-{artifact.name}", __version__),
        f"slipway-{artifact.name}",
        __version__,
        "application",
        hashes=tuple(("SHA-256", encoded.stored(path).sha256) for path in files[:1]) if len(files) == 1 else (),
    )
    return outer, found


def wheel(path: Path) -> Part:
    """A wheel, with its own hash."""
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        metadata = archive.read(name).decode(errors="replace")
    return packages.distribution(metadata, sha256=encoded.stored(path).sha256)


def host_package(path: Path) -> Part:
    """A Debian package file, with its own hash."""
    fields = dict(re.findall(r"^([A-Za-z-]+): *(.*)$", debs.control_of(path), re.MULTILINE))
    return packages.package(fields, debs.copyright_of(path), sha256=encoded.stored(path).sha256)
