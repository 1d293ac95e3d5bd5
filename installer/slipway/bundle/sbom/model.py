"""A component of the SBOM, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from packageurl import PackageURL


@dataclass(frozen=True, order=True)
class Part:
    """``purl`` identifies it (package-url specification); ``kind`` is CycloneDX's component type. ``licenses`` are
    SPDX ids, expressions or a package's own words; ``hashes`` are (algorithm, hex); ``supplier`` is whoever makes it:
    an organisation, a project, or what the package says of its authors."""

    purl: str
    name: str
    version: str
    kind: str = "library"
    licenses: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    supplier: str = ""


def purl(kind: str, name: str, version: str, **qualifiers: str) -> str:
    """``pkg:<kind>/<name>@<version>?…``; a namespace is part of the name, divided by slashes."""
    namespace, _, base = name.rpartition("/")
    return PackageURL(kind, namespace, base, version, qualifiers).to_string()
