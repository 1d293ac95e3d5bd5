"""The packages in an image, read from its layers: Debian's, Python's and npm's own records."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_STATUS = "var/lib/dpkg/status"
_WANTED = re.compile(
    r"^(var/lib/dpkg/status(\.d/[^/]+)?"
    r"|usr/share/doc/[^/]+/copyright"
    r"|.*\.dist-info/METADATA"
    r"|.*/node_modules/(@[^/]+/)?[^/]+/package\.json)$"
)
#: Licence files of Python distributions.
LICENCE = re.compile(r"\.dist-info/(licenses/|license_files/)?(LICEN[SC]E|COPYING)[^/]*$", re.IGNORECASE)
#: Packages of one source may share their documents.
_LINK = re.compile(r"^usr/share/doc/[^/]+(/copyright)?$")
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"


@cache
def records(layer: Path) -> tuple[dict[str, bytes], frozenset[str]]:
    """(path → content of the records, paths that the layer removes; a directory's ends with a slash). A link among
    the documents has its target, relative to ``usr/share/doc``, as its content."""
    files: dict[str, bytes] = {}
    gone: set[str] = set()
    with tarfile.open(layer, "r:") as archive:
        for info in archive:
            name = info.name.removeprefix("./")
            folder, _, base = name.rpartition("/")
            if base == _OPAQUE:
                gone.add(f"{folder}/")
            elif base.startswith(_WHITEOUT):
                path = f"{folder}/{base.removeprefix(_WHITEOUT)}" if folder else base.removeprefix(_WHITEOUT)
                gone |= {path, f"{path}/"}
            elif info.isreg() and (_WANTED.match(name) or LICENCE.search(name)):
                source = archive.extractfile(info)
                files[name] = source.read() if source else b""
            elif info.issym() and _LINK.match(name):
                files[name] = document_link(info.linkname)
    return files, frozenset(gone)


def document_link(target: str) -> bytes:
    """What a link in ``usr/share/doc`` leads to, relative to it."""
    return target.removeprefix("../").removeprefix("/usr/share/doc/").encode()


def merged(layers: Iterable[Path]) -> dict[str, bytes]:
    """The records as a container of these layers sees them."""
    seen: dict[str, bytes] = {}
    for layer in layers:
        files, gone = records(layer)
        folders = tuple(name for name in gone if name.endswith("/"))
        seen = {name: data for name, data in seen.items() if name not in gone and not name.startswith(folders)}
        seen |= files
    return seen
