"""Puts images into containerd, and takes those out that nothing refers to any more."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Collection, Iterable
from pathlib import Path

from slipway.artifacts import layout
from slipway.artifacts.model import Artifact
from slipway.errors import SlipwayError
from slipway.naming import IMAGE_HOST

#: containerd's image service names an image by this annotation of an index entry.
_NAME = "io.containerd.image.name"
#: The namespace of the kubelet's images.
_NAMESPACE = "k8s.io"
_BUFFER = 1 << 20


def names_and_digests(socket: Path) -> dict[str, str]:
    """The images that containerd has: name → manifest digest."""
    done = subprocess.run([*_ctr(socket), "images", "ls"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SlipwayError(
            "containerd does not answer",
            str(socket),
            "start it with `slipway cluster start`",
            tuple(done.stderr.strip().splitlines()[-5:]),
        )
    return parse_list(done.stdout)


def parse_list(text: str) -> dict[str, str]:
    """The output of ``ctr images ls``: name → manifest digest."""
    rows = (line.split() for line in text.splitlines()[1:])
    return {row[0]: row[2] for row in rows if len(row) > 2}


def load(artifact: Artifact, names: Iterable[str], socket: Path) -> None:
    """Import an image under several names and unpack it. Raises SlipwayError with what containerd says."""
    code, output = _import(artifact, list(names), socket, blobs(socket))
    if code and "not found" in output:
        # A layer that was there a moment ago went with the last image that had it.
        code, output = _import(artifact, list(names), socket, frozenset())
    if code:
        raise SlipwayError(
            "containerd did not take the image",
            f"image {artifact.name}",
            "see the lines above; a full disk is the usual reason",
            tuple(output.strip().splitlines()[-5:]),
        )


def _import(artifact: Artifact, names: list[str], socket: Path, without: frozenset[str]) -> tuple[int, str]:
    """(exit code, output) of ctr."""
    process = subprocess.Popen(
        [*_ctr(socket), "images", "import", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    # A broken pipe says less than ctr's own words, which follow.
    with (
        contextlib.suppress(BrokenPipeError),
        tarfile.open(fileobj=process.stdin, mode="w|", bufsize=_BUFFER) as archive,
    ):
        write_archive(artifact.path, names, archive, without=without)
    output = process.communicate()[0].decode(errors="replace")
    return process.returncode, output


def blobs(socket: Path) -> frozenset[str]:
    """The digests (``sha256:…``) of what containerd's content store has; empty when it does not say."""
    done = subprocess.run([*_ctr(socket), "content", "ls", "--quiet"], capture_output=True, text=True, check=False)
    return frozenset(done.stdout.split()) if done.returncode == 0 else frozenset()


def write_archive(
    path: Path, names: list[str], archive: tarfile.TarFile, *, without: Collection[str] = frozenset()
) -> None:
    """Write an OCI archive whose index has the layout's manifest once per name.

    Blobs ``without`` are left out: the images share their base, and containerd has it after the first.
    """
    descriptor = layout.manifest_descriptor(path)
    entries = [{**descriptor, "annotations": {_NAME: name}} for name in names]
    _member(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    _member(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": entries}).encode())
    for blob in sorted((path / "blobs" / "sha256").iterdir()):
        if f"sha256:{blob.name}" not in without:
            archive.add(blob, f"blobs/sha256/{blob.name}", recursive=False)


def remove(names: Iterable[str], socket: Path) -> None:
    """Take names out; containerd drops what no name refers to."""
    for name in names:
        subprocess.run([*_ctr(socket), "images", "rm", name], capture_output=True, check=False)


def outdated(present: dict[str, str], current: dict[str, str]) -> list[str]:
    """The names of former builds: ``<host>/<image>:<digest12>`` that are not in ``current``, of images that are.

    With the last name goes the identity (``sha256:…``) that the kubelet's image service has added.
    """
    images = {name.rpartition(":")[0] for name in current}
    names = {name for name in present if _is_build(name) and name not in current and name.rpartition(":")[0] in images}
    gone = {present[name] for name in names} - {digest for name, digest in present.items() if _keeps(name, names)}
    identities = {name for name, digest in present.items() if name.startswith("sha256:") and digest in gone}
    return sorted(names) + sorted(identities)


def _is_build(name: str) -> bool:
    image, _, tag = name.rpartition(":")
    return image.startswith(f"{IMAGE_HOST}/") and re.fullmatch(r"[0-9a-f]{12}", tag) is not None


def _keeps(name: str, removed: set[str]) -> bool:
    return name not in removed and not name.startswith("sha256:")


def _member(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o644
    archive.addfile(info, io.BytesIO(data))


def _ctr(socket: Path) -> list[str]:
    return ["ctr", "--address", str(socket), "--namespace", _NAMESPACE]
