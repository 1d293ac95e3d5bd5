"""Packages out of their own records."""

from __future__ import annotations

import email.parser
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from slipway.bundle.sbom import licencetext, suppliers
from slipway.bundle.sbom.model import Part, purl

_STATUS = "var/lib/dpkg/status"
_DOCUMENTS = "usr/share/doc"
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
        yield package(fields, copyright_text(records, fields["Package"]))


def copyright_text(records: Mapping[str, bytes], name: str) -> str:
    """The copyright file of a package: its own, or that of the package whose documents it shares."""
    for _ in range(4):
        text = records.get(f"{_DOCUMENTS}/{name}/copyright", b"").decode(errors="replace")
        link = records.get(f"{_DOCUMENTS}/{name}", b"").decode() or (text if text.endswith("/copyright") else "")
        if not link:
            return text
        name = link.removesuffix("/copyright").strip("/")
    return ""


def package(fields: Mapping[str, str], text: str, *, sha256: str = "") -> Part:
    """A Debian package of its control fields."""
    name, version = fields["Package"], fields["Version"]
    identity = purl("deb", f"debian/{name}", version, arch=fields.get("Architecture", ""))
    hashes = (("SHA-256", sha256),) if sha256 else ()
    licenses = dep5(text) or licencetext.mentioned(text)
    return Part(identity, name, version, licenses=licenses, hashes=hashes, supplier=suppliers.debian(fields))


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
            folder = path.removesuffix("METADATA")
            beside = [text for name, text in sorted(records.items()) if name.startswith(folder) and name != path]
            yield distribution(data.decode(errors="replace"), [text.decode(errors="replace") for text in beside])


def distribution(metadata: str, texts: Iterable[str] = (), *, sha256: str = "") -> Part:
    """A Python distribution of its METADATA; ``texts`` are its licence files, which say what METADATA does not."""
    fields = email.parser.HeaderParser().parsestr(metadata)
    name, version = str(fields["Name"]), str(fields["Version"])
    normal = re.sub(r"[-_.]+", "-", name).lower()
    licence = str(fields.get("License-Expression") or "").strip()
    if not licence:
        line = str(fields.get("License") or "").strip()
        trove = [
            str(item).rpartition(" :: ")[2] for item in fields.get_all("Classifier") or () if "License ::" in str(item)
        ]
        # Some put the whole text there.
        licence = (
            line if line and "\n" not in line and len(line) < 80 and line != "UNKNOWN" else " AND ".join(trove[:1])
        )
        licence = licence or next(filter(None, map(licencetext.recognise, (line, *texts))), "")
    hashes = (("SHA-256", sha256),) if sha256 else ()
    licenses = (licence,) if licence else ()
    supplier = suppliers.python(name, fields)
    return Part(purl("pypi", normal, version), name, version, licenses=licenses, hashes=hashes, supplier=supplier)


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
        licence = value.get("license") or ""
        licence = licence.get("type", "") if isinstance(licence, dict) else licence
        identity = purl("npm", name, version)
        licenses = (str(licence),) if licence else ()
        yield Part(identity, name, version, licenses=licenses, supplier=suppliers.npm(name, value.get("author")))
