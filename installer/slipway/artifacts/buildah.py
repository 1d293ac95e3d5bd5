"""Builds images from Dockerfiles with buildah: chroot isolation, storage of its own, no daemon."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path

from slipway import paths
from slipway.artifacts import apt, export, hostnet, keys, labels, process, store, uv
from slipway.artifacts.model import ImageSpec
from slipway.artifacts.spec import GO_FOLDER

RECIPE = 3
_BASES = "localhost/"
_BUSY = "buildah-busy"
#: Not copied to the build context: sources of binaries, and what describes the image.
EXCLUDED = frozenset({GO_FOLDER, "image.yaml", "Dockerfile"})


def root() -> Path:
    """buildah's folder in the cache: the host's own container storage stays untouched."""
    return paths.cache() / "buildah"


def arguments(
    spec: ImageSpec, base: str, dockerfile: Path, context: Path, volumes: Mapping[str, Path], out: Path
) -> list[str | Path]:
    """The arguments of ``buildah bud`` for an image.

    ``base`` is the local name of its base image, empty for none; ``volumes`` maps ``target:options`` to a directory;
    ``out`` is the directory that the image is written to, layers uncompressed.
    """
    words: list[str | Path] = ["bud", "--isolation=chroot", "--format=oci", "--layers=false", "--pull-never"]
    words += [f"--timestamp={hostnet.EPOCH}", "--identity-label=false"]
    words += [f"--volume={directory}:{target}" for target, directory in volumes.items()]
    if base:
        words.append(f"--build-arg=BASE={base}")
    for key, value in sorted(labels.of(spec).items()):
        words += [f"--annotation={key}={value}", f"--label={key}={value}"]
    # Not to buildah's storage, which would unpack the layers only to pack them again for the way out; and to a plain
    # directory, for layers are compressed on the way to an OCI layout.
    return [*words, f"--file={dockerfile}", f"--tag=dir:{out}", context]


def build(spec: ImageSpec, base: Path | None, binaries: Mapping[str, Path], work: Path, out: Path, log: Path) -> None:
    """Build the OCI layout ``out``; ``base`` is the base image's layout, ``binaries`` maps a name to a file."""
    configuration, context = work / "host", work / "context"
    sources = apt.debian_sources(apt.host_sources(), apt.SUITE) if base else []
    bundle = hostnet.write(configuration, sources)
    prepare_context(spec.directory, binaries, context)
    dockerfile = work / "Dockerfile"
    text = (spec.directory / "Dockerfile").read_text()
    dockerfile.write_text(hostnet.with_arguments(text, hostnet.build_arguments(bundle)) if base else text)
    where, pushed = f"image {spec.name}", work / "pushed"
    with store.shared(_BUSY), ExitStack() as used:
        base_tag = _pull(base, log, where) if base else ""
        volumes = _volumes(text, configuration, used) if base else {}
        words = arguments(spec, base_tag, dockerfile, context, volumes, pushed)
        _call(words, log, where, "correct the Dockerfile, or let the build reach its package indexes")
    export.to_layout(pushed, base, spec, out)


def _volumes(dockerfile: str, configuration: Path, used: ExitStack) -> dict[str, Path]:
    """What a build sees of the host, by ``target:options``; what its Dockerfile does not use is not made for it."""
    volumes = {f"{hostnet.MOUNT}:ro": configuration}
    if re.search(r"\bapt-get\b", dockerfile):
        volumes[f"{hostnet.PACKAGES}:rw"] = apt_folders(used.enter_context(store.slot("apt")))
    if re.search(r"\$UV\b", dockerfile):
        volumes[f"{hostnet.PROGRAMS}:ro"] = uv.program().parent
        volumes[f"{hostnet.WHEELS}:rw"] = uv.cache()
    return volumes


def prepare_context(source: Path, binaries: Mapping[str, Path], context: Path) -> None:
    """Copy an image's files and its binaries (to ``bin/``) to a build context."""
    context.mkdir(parents=True)
    for path in keys.inputs_of(source, EXCLUDED):
        target = context / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
    for name, path in binaries.items():
        (context / "bin").mkdir(exist_ok=True)
        shutil.copy2(path, context / "bin" / name)
    _readable(context)


def _readable(context: Path) -> None:
    """A checkout has the modes of its user's mask; in an image, whose user is another, all can be read."""
    context.chmod(0o755)
    for path in context.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def apt_folders(packages: Path) -> Path:
    """apt's folders, which it does not make itself; new ones get the lists that another build has downloaded.

    apt then asks only whether they have changed. Whatever does not fit together, it downloads again.
    """
    for name in ("lists/partial", "archives/partial"):
        (packages / name).mkdir(parents=True, exist_ok=True)
    lists = packages / "lists"
    if not any(lists.glob("*_*")):
        for path in list(packages.parent.glob("*/lists/*_*")):
            # The other build may replace it at this moment.
            with suppress(FileNotFoundError):
                shutil.copy2(path, lists / path.name)
    return packages


def _pull(base: Path, log: Path, where: str) -> str:
    """Put a base image into buildah's storage, unless its layers are there, and give its local name."""
    with store.exclusive("buildah-pull"):
        # buildah makes the name from the path, which must not hold a dot: hence the relative one.
        _call(["pull", "--quiet", f"oci:{base.name}"], log, where, cwd=base.parent)
    return f"{_BASES}{base.name}:latest"


def trim() -> None:
    """Remove what killed builds left in buildah's storage, and bases that are not in the cache any more.

    Does nothing while a build runs, in this process or another.
    """
    with store.alone(_BUSY) as idle:
        if not idle or not (root() / "storage").is_dir():
            return
        subprocess.run([*_program(), "rm", "--all"], capture_output=True, env=_environment(), check=False)
        current = {path.name for path in (paths.cache() / "images").glob("*")}
        for name in _names():
            if name.removeprefix(_BASES).removesuffix(":latest") not in current:
                _forget(name)


def _names() -> set[str]:
    done = subprocess.run(
        [*_program(), "images", "--json"], capture_output=True, text=True, env=_environment(), check=False
    )
    images = json.loads(done.stdout or "[]") or []
    return {name for item in images for name in item.get("names") or []}


def _forget(tag: str) -> None:
    subprocess.run([*_program(), "rmi", "--force", tag], capture_output=True, env=_environment(), check=False)


def _call(words: list[str | Path], log: Path, where: str, remedy: str = "", cwd: Path | None = None) -> None:
    command = [*_program(), words[0], f"--signature-policy={policy()}", *words[1:]]
    process.run(command, log=log, where=where, remedy=remedy, cwd=cwd, env=_environment())


def _environment() -> dict[str, str]:
    temporary = root() / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    # Its network configuration, of which it makes a lock even where none is used, stays below the cache, too.
    own = root() / "containers.conf"
    if not own.is_file():
        own.write_text(f'[network]\nnetwork_config_dir = "{root() / "networks"}"\n')
    return {**os.environ, "TMPDIR": str(temporary), "BUILDAH_ISOLATION": "chroot", "CONTAINERS_CONF": str(own)}


def _program() -> list[str]:
    return ["buildah", f"--root={root() / 'storage'}", f"--runroot={root() / 'run'}", f"--storage-driver={_driver()}"]


@cache
def _driver() -> str:
    """overlay where the kernel and the file system allow it, else vfs."""
    chosen = root() / "driver"
    if chosen.is_file():
        return chosen.read_text().strip()
    probe = root() / "probe"
    shutil.rmtree(probe, ignore_errors=True)
    probe.mkdir(parents=True)
    words = ["buildah", f"--root={probe / 'storage'}", f"--runroot={probe / 'run'}", "--storage-driver=overlay", "info"]
    try:
        works = subprocess.run(words, capture_output=True, env=_environment(), check=False).returncode == 0
    except FileNotFoundError:
        works = True  # the build itself says that buildah is missing
    else:
        chosen.write_text("overlay" if works else "vfs")
    shutil.rmtree(probe, ignore_errors=True)
    return "overlay" if works else "vfs"


def policy() -> Path:
    """A policy file that accepts every image: what is read has a digest that was checked."""
    path = root() / "policy.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Only local layouts are read, whose digests were checked when they were built.
        path.write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    return path
