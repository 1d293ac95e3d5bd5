"""Gathers the parts of a bundle."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from slipway import __version__, paths
from slipway.artifacts import encoded, layout, store
from slipway.artifacts.model import Artifact
from slipway.bundle import layers, moment
from slipway.bundle import packages as debs
from slipway.bundle.sbom import document, gobuild, golicence, gosum, packages, suppliers
from slipway.bundle.sbom.model import Part, purl

#: Of Slipway's own code.
OWN_LICENCE = "Apache-2.0"


def sbom(artifacts: Iterable[Artifact], wheels: Path, repository: Path) -> str:
    """The SBOM's text for these artifacts, a directory of wheels and one of Debian packages."""
    parts: list[Part] = []
    contains: dict[str, list[str]] = {}
    for artifact in artifacts:
        outer, inner = image(artifact) if artifact.kind == "image" else program(artifact)
        parts += [outer, *inner]
        contains[outer.purl] = [part.purl for part in inner]
    parts += [wheel(path) for path in sorted(wheels.glob("*.whl"))]
    parts += host_packages(sorted(repository.glob("*.deb")))
    return document.text(parts, contains, moment.of_sources(paths.distribution()))


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
        suppliers.OURS,
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
    parts = [
        replace(
            part,
            licenses=part.licenses or golicence.of_module(part.name, part.version),
            hashes=part.hashes or sums.get((part.name, part.version), ()),
        )
        for part in inner.values()
    ]
    # Linked into one program: all their licences are its own, beside that of our main packages.
    licenses = sorted({OWN_LICENCE, *(name for part in parts for name in part.licenses)})
    outer = Part(
        purl("generic", f"slipway-{artifact.name}", __version__),
        f"slipway-{artifact.name}",
        __version__,
        "application",
        (" AND ".join(licenses),),
        supplier=suppliers.OURS,
        hashes=tuple(("SHA-256", encoded.stored(path).sha256) for path in files[:1]) if len(files) == 1 else (),
    )
    return outer, parts


def wheel(path: Path) -> Part:
    """A wheel, with its own hash."""
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        metadata = archive.read(name).decode(errors="replace")
        folder = name.removesuffix("METADATA")
        files = [name for name in archive.namelist() if name.startswith(folder) and layers.LICENCE.search(name)]
        texts = [archive.read(name).decode(errors="replace") for name in files]
    return packages.distribution(metadata, texts, sha256=encoded.stored(path).sha256)


def host_packages(files: list[Path]) -> list[Part]:
    """Debian package files, with their own hashes."""
    documents: dict[str, bytes] = {}
    for path in files:
        documents |= debs.documents_of(path)
    return [host_package(path, documents) for path in files]


def host_package(path: Path, documents: Mapping[str, bytes]) -> Part:
    """A Debian package file; ``documents`` are its own and those of the packages whose documents it may share."""
    fields = dict(re.findall(r"^([A-Za-z-]+): *(.*)$", debs.control_of(path), re.MULTILINE))
    text = packages.copyright_text(documents, fields["Package"])
    return packages.package(fields, text, sha256=encoded.stored(path).sha256)
