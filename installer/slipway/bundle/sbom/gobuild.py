"""The modules in a Go program, read from the program itself.

Format: debug/buildinfo of the Go standard library (inline strings, since Go 1.18), which ``go version -m`` prints.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from slipway.bundle.sbom import gosum, suppliers
from slipway.bundle.sbom.model import Part, purl

_MAGIC = b"\xff Go buildinf:"
#: The module text stands between two marks of 16 bytes.
_FRAME = 16
_INLINE = 2


def modules(program: Path) -> list[Part]:
    """The main module, the standard library and the dependencies of a program; none when it is not a Go program."""
    with program.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = data.find(_MAGIC)
        while start >= 0 and (start % 16 or not data[start + 15] & _INLINE):
            start = data.find(_MAGIC, start + 1)
        if start < 0:
            return []
        version, end = _string(data, start + 32)
        text, _ = _string(data, end)
    listed = parse(text[_FRAME:-_FRAME].decode(errors="replace")) if len(text) > 2 * _FRAME else []
    number = version.decode().split()[0].removeprefix("go")
    standard = Part(purl("golang", "std", number), "std", number, licenses=("BSD-3-Clause",), supplier="The Go Authors")
    return [standard, *listed]


def parse(text: str) -> list[Part]:
    """The ``dep`` lines, replaced modules by what replaces them."""
    parts: dict[str, Part] = {}
    last = ""
    for line in text.splitlines():
        fields = line.split("\t")
        if fields[0] not in ("dep", "=>") or len(fields) < 3:
            continue
        if fields[0] == "=>":
            parts.pop(last, None)
        name, version = fields[1], fields[2]
        if name.startswith("."):
            continue
        last = purl("golang", name, version)
        hashes = gosum.hashes(fields[3] if len(fields) > 3 else "")
        parts[last] = Part(last, name, version, hashes=hashes, supplier=suppliers.go(name))
    return list(parts.values())


def _string(data: mmap.mmap, position: int) -> tuple[bytes, int]:
    """(bytes, where they end) of a string after its length as a varint."""
    length = shift = 0
    while True:
        byte = data[position]
        position += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[position : position + length], position + length
