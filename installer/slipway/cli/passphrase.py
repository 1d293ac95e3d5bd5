"""Where a backup's passphrase comes from: a file, the environment, or the terminal; never an argument."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from slipway.cli.asking import passphrase as asked
from slipway.cli.asking import text_of
from slipway.errors import BadInput

VARIABLE = "SLIPWAY_BACKUP_PASSPHRASE"
SHORTEST = 8


def passphrase(file: str | None, *, new: bool = False) -> str:
    """The passphrase, ``new`` ones asked for twice. Raises BadInput when there is none or it is too short."""
    text = _read(file, new=new)
    if len(text) < SHORTEST:
        raise BadInput(
            f"the passphrase is shorter than {SHORTEST} characters", file or "passphrase", "take a longer one"
        )
    return text


def _read(file: str | None, *, new: bool) -> str:
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if file:
        return text_of(Path(file)).rstrip("\r\n")
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    lacking = BadInput(
        "a backup is encrypted with a passphrase, and there is no terminal to ask at",
        remedy=f"--passphrase-file FILE, or the variable {VARIABLE}",
    )
    return asked("Passphrase", lacking, twice=new)
