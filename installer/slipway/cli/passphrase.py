"""Where a passphrase comes from: a file, the environment, or the terminal; never an argument."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from slipway.errors import BadInput

VARIABLE = "SLIPWAY_BACKUP_PASSPHRASE"
SHORTEST = 8


def passphrase(file: str | None, *, new: bool = False) -> str:
    """The passphrase, ``new`` ones asked for twice. Raises BadInput when there is none or it is too short."""
    text = _given(file, new=new)
    if len(text) < SHORTEST:
        raise BadInput(
            f"the passphrase is shorter than {SHORTEST} characters", file or "passphrase", "take a longer one"
        )
    return text


def _given(file: str | None, *, new: bool) -> str:
    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"cannot be read: {error}", file) from error
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    if not sys.stdin.isatty():
        raise BadInput(
            "a backup is encrypted with a passphrase, and there is no terminal to ask at",
            remedy=f"--passphrase-file FILE, or the variable {VARIABLE}",
        )
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True))
