"""Packages out of their own records."""

from __future__ import annotations

import email.parser
import json
import re
from collections.abc import Iterator, Mapping

from slipway.bundle.sbom.model import Part, purl

_STATUS = "var/lib/dpkg/status"
#: Short names of Debian's copyright files (DEP-5) that SPDX spells otherwise.
_SPDX = {
    "apache-2": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "expat": "MIT",
    "gpl-1+": "GPL-1.0-or-later",
    "gpl-2": "GPL-2.0-only",
    "gpl-2+": "GPL-2.0-or-later",
    "gpl-3": "GPL-3.0-only",
    "gpl-3+": "GPL-3.0-or-later",
    "isc": "ISC",
    "lgpl-2": "LGPL-2.0-only",
    "lgpl-2+": "LGPL-2.0-or-later",
    "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-2.1+": "LGPL-2.1-or-later",
    "lgpl-3": "LGPL-3.0-only",
    "lgpl-3+": "LGPL-3.0-or-later",
    "mit": "MIT",
    "mpl-2.0": "MPL-2.0",
    "zlib": "Zlib",
}


def of(records: Mapping[str, bytes]) -> list[Part]:
    """All packages of an image's records (see layers.merged)."""
    return [*debian(records), *python(records), *npm(records)]


def debian(records: Mapping[str, bytes]) -> Iterator[Part]:
    """Installed packages of dpkg's status, with the licences of their copyright files."""
    for text in records.get(_STATUS, b"").decode(errors="replace").split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): *(.*)$", text, re.MULTILINE))
        if not fields.get("Status", "").endswith(" installed"):
            continue
        copyright_file = records.get(f"usr/share/doc/{fields['Package']}/copyright", b"")
        yield package(fields, copyright_file.decode(errors="replace"))


def package(fields: Mapping[str, str], copyright_text: str, *, sha256: str = "") -> Part:
    """A Debian package of its control fields."""
    name, version = fields["Package"], fields["Version"]
    identity = purl("deb", f"debian/{name}", version, arch=fields.get("Architecture", ""))
    hashes = (("SHA-256", sha256),) if sha256 else ()
    return Part(identity, name, version, licenses=dep5(copyright_text), hashes=hashes)


def dep5(text: str) -> tuple[str, ...]:
    """The licences that a machine-readable copyright file names; common ones as SPDX says."""
    words = re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE)
    names = {
        _SPDX.get(word.strip().lower(), word.strip()) for line in words for word in re.split(r" and | or |,", line)
    }
    return tuple(sorted(name for name in names if name))


def python(records: Mapping[str, bytes]) -> Iterator[Part]:
    """Python distributions (core metadata specification)."""
    for path, data in sorted(records.items()):
        if path.endswith("/METADATA"):
            yield distribution(data.decode(errors="replace"))


def distribution(metadata: str, *, sha256: str = "") -> Part:
    """A Python distribution of its METADATA."""
    fields = email.parser.HeaderParser().parsestr(metadata)
    name, version = str(fields["Name"]), str(fields["Version"])
    normal = re.sub(r"[-_.]+", "-", name).lower()
    said = str(fields.get("License-Expression") or "").strip()
    if not said:
        line = str(fields.get("License") or "").strip()
        trove = [
            str(item).rpartition(" :: ")[2] for item in fields.get_all("Classifier") or () if "License ::" in str(item)
        ]
        # Some put the whole text there.
        said = line if line and "\n" not in line and len(line) < 80 and line != "UNKNOWN" else " AND ".join(trove[:1])
    hashes = (("SHA-256", sha256),) if sha256 else ()
    return Part(purl("pypi", normal, version), name, version, licenses=(said,) if said else (), hashes=hashes)


def npm(records: Mapping[str, bytes]) -> Iterator[Part]:
    """npm packages of node_modules."""
    for path, data in sorted(records.items()):
        if not path.endswith("/package.json"):
            continue
        try:
            value = json.loads(data)
        except ValueError:
            continue
        name, version = value.get("name"), value.get("version")
        if not (isinstance(name, str) and isinstance(version, str)):
            continue
        said = value.get("license") or ""
        said = said.get("type", "") if isinstance(said, dict) else said
        identity = purl("npm", name, version)
        yield Part(identity, name, version, licenses=(str(said),) if said else ())
