"""The model's files as a layer: a tar file that depends on nothing but their names and contents."""

from __future__ import annotations

import stat
import tarfile
from pathlib import Path

from slipway_builder.model import Model

#: Where Seldon's images keep the model.
TARGET = "microservice"
#: The user of the serving image.
USER = 8888


def write(model: Model, path: Path) -> None:
    """Write the layer to ``path`` (uncompressed, as the base's layers are). Same files, same bytes."""
    folders = sorted({parent for file in model.files for parent in file.parents} - {Path()})
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(_entry(TARGET, folder=True))
        for folder in folders:
            tar.addfile(_entry(f"{TARGET}/{folder}", folder=True))
        for file in model.files:
            source = model.directory / file
            entry = _entry(f"{TARGET}/{file}")
            status = source.stat()
            entry.size = status.st_size
            entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
            with source.open("rb") as content:
                tar.addfile(entry, content)


def _entry(name: str, *, folder: bool = False) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE if folder else tarfile.REGTYPE
    entry.mode = 0o755 if folder else 0o644
    entry.uid = entry.gid = USER
    entry.mtime = 0
    return entry
