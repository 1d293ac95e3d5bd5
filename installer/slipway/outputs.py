"""Where a command writes its result: looked at before the work, which may take long."""

from __future__ import annotations

import os
from pathlib import Path

from slipway.errors import BadInput


def directory(path: Path, where: str) -> None:
    """Make a directory that files are to be written to. Raises BadInput where that cannot be; ``where`` is said."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise BadInput("is not a directory; nothing was written", where, "name another one") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be made: {error.strerror}", where, "name a directory that can be made") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise BadInput(f"{path} cannot be written to", where, "name a directory of yours")


def file(path: Path, where: str) -> None:
    """Make the directory of a file that is to be written. Raises BadInput where it cannot be."""
    if path.is_dir() or (path.exists() and not os.access(path, os.W_OK)):
        raise BadInput("cannot be written", where, "name another file")
    directory(path.parent, where)
