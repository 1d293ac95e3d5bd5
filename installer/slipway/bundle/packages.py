"""The host's packages in a bundle: an apt repository of everything that a bare Debian lacks."""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from slipway import paths
from slipway.artifacts import apt, hostnet
from slipway.bundle import layers
from slipway.errors import SlipwayError
from slipway.host import apt as installer
from slipway.host import services
from slipway.host.needs import PACKAGES
from slipway.host.run import run

#: Slipway itself needs these; bootstrap.sh installs them where they are missing.
PYTHON = ("python3", "python3-venv")
INDEX = "Packages"


@dataclass(frozen=True)
class Deb:
    """A package file as apt names it; ``sha256`` (hex) is from the signed index, ``size`` in bytes."""

    name: str
    size: int
    sha256: str


def suite() -> str:
    """This machine's release, e.g. ``bookworm``."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def parse_uris(text: str) -> list[Deb]:
    """The lines of ``apt-get install --print-uris``."""
    packages = re.findall(r"^'\S+' (\S+\.deb) (\d+) SHA256:([0-9a-f]{64})", text, re.MULTILINE)
    return [Deb(name, int(size), digest) for name, size, digest in sorted(packages)]


def collect(target: Path) -> list[Deb]:
    """Download the packages with all that they depend on, as if nothing were installed, and index them.

    This machine's apt sources and keys are used; its own state is neither read nor changed. Raises SlipwayError.
    """
    root = paths.cache() / "bundle-apt"
    options = _private(root, apt.debian_sources(apt.host_sources(), suite()), bare=True)
    remedy = "let apt reach the Debian mirror of this machine's configuration"
    run(["apt-get", *options, "update", "-q"], what="apt-get update", remedy=remedy, timeout=300, env=installer.QUIET)
    words = ["install", "-y", "-q", "--no-install-recommends", *sorted({*PACKAGES, *PYTHON})]
    archives = root / "archives"
    # apt leaves out what lies in the archives already: it is asked with empty ones.
    (root / "none" / "partial").mkdir(parents=True, exist_ok=True)
    asking = ["apt-get", *options, "-o", f"Dir::Cache::archives={root / 'none'}", "--print-uris", *words]
    wanted = parse_uris(run(asking, what="apt-get --print-uris", timeout=120, env=installer.QUIET))
    if not wanted:
        raise SlipwayError("apt named no package files", "apt-get --print-uris", "is this Debian's apt?")
    for path in set(archives.glob("*.deb")) - {archives / deb.name for deb in wanted}:
        path.unlink()
    lacking = [deb for deb in wanted if not _is_whole(archives / deb.name, deb)]
    for deb in lacking:
        (archives / deb.name).unlink(missing_ok=True)
    if lacking:
        run(
            ["apt-get", *options, "--download-only", *words],
            what="apt-get",
            remedy=remedy,
            timeout=900,
            env=installer.QUIET,
        )
    for deb in wanted:
        if not _is_whole(archives / deb.name, deb):
            raise SlipwayError("is not what the signed index says", str(archives / deb.name), remedy)
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(archives / deb.name, target / deb.name)
    (target / INDEX).write_text(index(target, wanted))
    return wanted


def index(directory: Path, debs: Iterable[Deb]) -> str:
    """The Packages file of a flat repository (deb822 paragraphs)."""
    paragraphs = []
    for deb in debs:
        control = control_of(directory / deb.name)
        paragraphs.append(f"{control}Filename: ./{deb.name}\nSize: {deb.size}\nSHA256: {deb.sha256}\n")
    return "\n".join(paragraphs)


def control_of(path: Path) -> str:
    """A package's control fields."""
    return run(["dpkg-deb", "--field", path], what=f"dpkg-deb {path.name}")


def documents_of(path: Path) -> dict[str, bytes]:
    """A package's copyright file by its path; where its directory or that file is a link, what it leads to."""
    folder = f"usr/share/doc/{path.name.partition('_')[0]}"
    documents: dict[str, bytes] = {}
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", path], stdout=subprocess.PIPE) as unpacking:
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
            for info in archive:
                name = info.name.removeprefix("./").rstrip("/")
                if name not in (folder, f"{folder}/copyright") or info.isdir():
                    continue
                source = archive.extractfile(info) if info.isreg() else None
                documents[name] = source.read() if source else layers.document_link(info.linkname)
                break
        unpacking.kill()
    return documents


def install(directory: Path, names: Sequence[str], state: Path) -> None:
    """Install packages from an unpacked repository, and from nowhere else. Raises SlipwayError with apt's words.

    Their checksums were compared when they were unpacked; apt compares them with the index once more.
    """
    source = apt.Source(f"file:{directory}", "./", (), (("trusted", "yes"),))
    options = _private(state, [source], bare=False)
    with services.kept_down():
        run(["apt-get", *options, "update", "-q"], what="apt-get update", timeout=120, env=installer.QUIET)
        run([*installer.INSTALL, *options, *names], what="apt-get install", timeout=900, env=installer.QUIET)


def _private(root: Path, sources: Iterable[apt.Source], *, bare: bool) -> list[str]:
    """apt's options for lists and downloads of our own; ``bare``: as if nothing were installed."""
    for name in ("state/lists/partial", "cache", "archives/partial"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "sources.list").write_text("".join(f"{source.line}\n" for source in sources))
    values = {
        "Dir::State::lists": root / "state" / "lists",
        "Dir::Cache": root / "cache",
        "Dir::Cache::archives": root / "archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Etc::SourceList": root / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::ForceHash": "SHA256",
    }
    bundle = hostnet.ca_bundle()
    if bundle:
        values["Acquire::https::CAInfo"] = bundle
    if bare:
        (root / "status").write_text("")
        values["Dir::State::status"] = root / "status"
    return [word for key, value in values.items() for word in ("-o", f"{key}={value}")]


def _is_whole(path: Path, deb: Deb) -> bool:
    if not path.is_file() or path.stat().st_size != deb.size:
        return False
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest() == deb.sha256
