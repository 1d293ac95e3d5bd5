"""The only part of an export that touches the disk."""

from __future__ import annotations

from pathlib import Path

from slipway import outputs
from slipway.errors import BadInput, SlipwayError
from slipway.export.model import Files

#: What the export before wrote; it may be replaced, anything else may not.
LIST = ".slipway-export"


def write(files: Files, to: Path) -> None:
    """Put the files below a directory that is new, empty, or holds a former export, whose files are replaced.

    Raises BadInput when it cannot be, or holds anything else that would be overwritten, before anything is changed.
    """
    former = _former(to)
    strange = [name for name in files if (to / name).exists() and name not in former]
    if strange or (not former and to.is_dir() and any(path.name != ".git" for path in to.iterdir())):
        what = f"'{strange[0]}' there is not of an export" if strange else "the directory is not empty"
        raise BadInput(f"{what}; nothing was written", f"--to {to}", "name another directory, or empty it")
    outputs.directory(to, f"--to {to}")
    try:
        for name in sorted(former - set(files), reverse=True):
            (to / name).unlink(missing_ok=True)
            _tidy(to, (to / name).parent)
        for name, text in {**files, LIST: "".join(f"{name}\n" for name in sorted(files))}.items():
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755 if name.endswith(".sh") else 0o644)
    except OSError as error:
        raise SlipwayError(f"cannot be written: {error.strerror}", str(error.filename), "is the disk full?") from error


def _former(to: Path) -> set[str]:
    path = to / LIST
    listed = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    # Never a way out of the directory, whatever the list says.
    return {name for name in listed if name and not name.startswith("/") and ".." not in Path(name).parts}


def _tidy(top: Path, directory: Path) -> None:
    while directory != top and directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()
        directory = directory.parent
