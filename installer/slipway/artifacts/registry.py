"""Images from and to a registry, by digest: skopeo does it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from slipway import paths
from slipway.artifacts import buildah, layout, process
from slipway.artifacts.fetch import Damaged
from slipway.errors import SlipwayError

SECONDS = 900


def pull(name: str, digest: str, out: Path, log: Path) -> None:
    """Fill the blobs of the OCI layout ``out``. Raises SlipwayError with skopeo's words."""
    reference, tls = split(name)
    part = out.with_name("pulled")
    shutil.rmtree(part, ignore_errors=True)
    common = paths.cache() / "downloads" / "layers"
    common.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    words: list[str | Path] = [f"--src-tls-verify={tls}", "--preserve-digests", f"--dest-shared-blob-dir={common}"]
    _skopeo([*words, f"docker://{reference}@{digest}", f"oci:{part}"], log, f"{name}@{digest}")
    actual = str(layout.manifest_descriptor(part)["digest"])
    if actual != digest:
        raise Damaged(f"came as {actual}", f"{name}@{digest}")
    _link(common, out, digest)


def push(source: Path, name: str, log: Path) -> None:
    """Copy an OCI layout to a registry, byte by byte: its digest stays."""
    reference, tls = split(name)
    words: list[str | Path] = [f"--dest-tls-verify={tls}", "--preserve-digests"]
    _skopeo([*words, f"oci:{source}", f"docker://{reference}"], log, name)


def split(name: str) -> tuple[str, str]:
    """(reference, "true" or "false": whether TLS is wanted) of ``[http://]host[:port]/path``."""
    plain = name.startswith("http://")
    return name.removeprefix("http://").removeprefix("https://"), "false" if plain else "true"


# Not as images.skopeo runs it: a build has its log, ends with its whole tree, and asks the cache's own policy.
def _skopeo(words: list[str | Path], log: Path, where: str) -> None:
    command = ["skopeo", f"--policy={buildah.policy()}", "copy", "--quiet", *words]
    process.run(command, log=log, where=where, remedy="does the registry have this image?", timeout=SECONDS)


def _link(common: Path, out: Path, digest: str) -> None:
    """Give the layout the manifest's blobs; skopeo has checked each against its digest."""
    layout.blob(out, digest).parent.mkdir(parents=True, exist_ok=True)
    for item in [digest, *_parts(common, digest)]:
        with contextlib.suppress(FileExistsError):
            os.link(common / item.replace(":", "/"), layout.blob(out, item))


def _parts(common: Path, digest: str) -> list[str]:
    import json

    try:
        manifest = json.loads((common / digest.replace(":", "/")).read_text())
        return [manifest["config"]["digest"], *(item["digest"] for item in manifest["layers"])]
    except (OSError, KeyError, ValueError) as error:
        raise SlipwayError(f"no image manifest: {error}", digest) from error
