"""The packages that pip put into the serving environment, as a layer: what is not as the serving image has it.

pip runs before, in the serving image itself and as an ordinary user, on a copy of /opt/venv. Nothing needs a right.
"""

from __future__ import annotations

import stat
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from slipway_builder.model import SETUP, BadModel, Model
from slipway_builder.source import module

#: Where the serving image has its environment.
TARGET = "opt/venv"
#: A layer says so that a file of the layers below is gone.
WHITEOUT = ".wh."
Listing = Mapping[str, tuple[str, str]]


def listing(text: str) -> dict[str, tuple[str, str]]:
    """Name → (time, size), of the lines that `find -printf '%P\\t%T@\\t%s\\n'` wrote."""
    rows = (line.split("\t") for line in text.splitlines())
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3 and row[0]}


def changed(before: Listing, after: Listing) -> list[str]:
    """What is new or another one. Directories are not: their times change with what is in them."""
    return sorted(name for name, seen in after.items() if before.get(name) != seen)


def gone(before: Listing, after: Listing) -> list[str]:
    """What was there; of a directory that is gone, the directory alone."""
    missing = {name for name in before if name not in after}
    return sorted(name for name in missing if not any(str(parent) in missing for parent in Path(name).parents))


def write(venv: Path, before: Listing, after: Listing, path: Path) -> int:
    """Write the layer to ``path``; how many files are in it."""
    files = [name for name in changed(before, after) if not (venv / name).is_dir() or (venv / name).is_symlink()]
    removed = gone(before, after)
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted({str(parent) for item in files for parent in Path(item).parents} - {"."}):
            if name not in before:
                tar.addfile(_entry(name, tarfile.DIRTYPE, 0o755))
        for name in files:
            source = venv / name
            if source.is_symlink():
                entry = _entry(name, tarfile.SYMTYPE, 0o777)
                entry.linkname = str(source.readlink())
                tar.addfile(entry)
                continue
            status = source.stat()
            entry = _entry(name, tarfile.REGTYPE, 0o755 if status.st_mode & stat.S_IXUSR else 0o644)
            entry.size = status.st_size
            with source.open("rb") as content:
                tar.addfile(entry, content)
        for name in removed:
            item = Path(name)
            tar.addfile(_entry(str(item.with_name(WHITEOUT + item.name)), tarfile.REGTYPE, 0o644))
    return len(files) + len(removed)


def check(model: Model, venv: Path) -> None:
    """Raise BadModel where setup.py was to make the model's module and has not: now, not when the image is started."""
    name = model.environment["MODEL_NAME"]
    wanted = name.rpartition(".")[0] or name
    places = [model.directory, *venv.glob("lib/python3*/site-packages")]
    if model.installs == SETUP and not any(_there(place, wanted) for place in places):
        raise BadModel(f"{model.directory / SETUP} installed no module {wanted}: MODEL_NAME={name} asks for it")


def _there(place: Path, name: str) -> bool:
    path = place.joinpath(*name.split("."))
    return module(place, name) is not None or any(_compiled(path))


def _compiled(path: Path) -> Iterator[Path]:
    return path.parent.glob(f"{path.name}.*.so")


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(f"{TARGET}/{name}")
    entry.type, entry.mode, entry.mtime = kind, mode, 0
    return entry
