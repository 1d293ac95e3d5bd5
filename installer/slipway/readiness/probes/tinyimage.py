"""The smallest image that runs: one program of a few instructions that ends with code 0. The same bytes every time.

Sources: System V ABI, ELF-64 (header 64 bytes, program header 56 bytes); OCI Image Specification 1.1.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import tarfile
from dataclasses import dataclass

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
PROGRAM = "/true"
#: Architecture as Kubernetes names it → (ELF machine, the instructions of exit(0)).
_CODE = {
    "amd64": (62, bytes.fromhex("b83c000000 31ff 0f05")),  # mov eax, 60; xor edi, edi; syscall
    "arm64": (183, bytes.fromhex("000080d2 a80b80d2 010000d4")),  # mov x0, 0; mov x8, 93; svc 0
}
_BASE = 0x400000


@dataclass(frozen=True)
class Image:
    """Blobs by digest, and the manifest with its digest."""

    blobs: dict[str, bytes]
    manifest: bytes
    digest: str


def program(architecture: str) -> bytes:
    """An ELF executable that ends with code 0. Raises KeyError for an architecture that is neither amd64 nor arm64."""
    machine, code = _CODE[architecture]
    entry, size = _BASE + 64 + 56, 64 + 56 + len(code)
    ident = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, entry, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    return header + load + code


def image(architecture: str) -> Image:
    """The image for nodes of ``architecture`` (amd64, arm64)."""
    layer = _layer(program(architecture))
    packed = gzip.compress(layer, mtime=0)
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Cmd": [PROGRAM], "User": "65532"},
            "rootfs": {"type": "layers", "diff_ids": [sha256(layer)]},
        }
    ).encode()
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [_descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed)],
        }
    ).encode()
    return Image({sha256(config): config, sha256(packed): packed}, manifest, sha256(manifest))


def sha256(data: bytes) -> str:
    """The digest as registries write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _layer(content: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo(PROGRAM.lstrip("/"))
        entry.size, entry.mode = len(content), 0o755
        archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}
