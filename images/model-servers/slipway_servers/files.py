"""The files of a model's directory. What is wrong with them ends the server with a sentence, before it answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

T = TypeVar("T")

TERMINATION_LOG = Path("/dev/termination-log")
#: gunicorn ends when a worker ends with this code; after any other it would start workers for ever.
BOOT_ERROR = 3


class BadModel(Exception):
    """The directory does not hold what this server can serve; the text is a sentence."""


def model_file(directory: str, *names: str) -> Path:
    """The first of ``names`` that is in the directory; ``*.ext`` stands for the only file with this ending."""
    folder = Path(directory.removeprefix("file://"))
    for name in names:
        matches = sorted(folder.glob(name))
        if len(matches) > 1:
            raise BadModel(f"{folder} has {len(matches)} files {name}; this server loads one: {', '.join(names)}.")
        if matches:
            return matches[0]
    there = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    raise BadModel(f"{folder} has no {' or '.join(names)}; there is: {', '.join(there[:20]) or 'nothing'}.")


def metadata(directory: str) -> dict[str, Any]:
    """``metadata.yaml`` beside the model, as Seldon's metadata endpoint answers it; {} without one."""
    file = Path(directory.removeprefix("file://")) / "metadata.yaml"
    if not file.is_file():
        return {}
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadModel(f"{file} is not YAML: {error}.") from error
    if not isinstance(read, dict):
        raise BadModel(f"{file} must be a mapping with name, versions, platform, inputs and outputs.")
    return read


def loaded(load: Callable[[], T]) -> T:
    """What ``load`` returns. A fault of the model's files ends the process with one line, the Pod's last words."""
    try:
        return load()
    except BadModel as error:
        _end(str(error))
    except Exception as error:  # libraries raise anything on a file that is not theirs
        _end(f"the model cannot be loaded: {type(error).__name__}: {error}")


def _end(sentence: str) -> NoReturn:
    print(f"model server: {sentence}", file=sys.stderr, flush=True)
    with suppress(OSError):  # absent outside of Kubernetes
        TERMINATION_LOG.write_text(sentence, encoding="utf-8")
    sys.exit(BOOT_ERROR)
