"""Asking whoever sits at the terminal; where nobody does, it is said what to give instead."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from slipway.errors import EXIT_FAILED, BadInput

UNCHANGED = "nothing was changed"


def confirm(question: str, lacking: str, remedy: str) -> None:
    """Go on only after a yes. Raises BadInput (``lacking``, ``remedy``) where nobody can be asked."""
    if not sys.stdin.isatty():
        raise BadInput(lacking, remedy=remedy)
    if not click.confirm(question, err=True):
        click.echo(UNCHANGED, err=True)
        raise click.exceptions.Exit(EXIT_FAILED)


def passphrase(prompt: str, lacking: BadInput, *, twice: bool = False) -> str:
    """What is typed, unseen. Raises ``lacking`` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise lacking
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True))


def text_of(file: Path) -> str:
    """What a file with a passphrase holds. Raises BadInput."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is not text"
        raise BadInput(f"cannot be read: {reason}", f"--passphrase-file {file}", "name another file") from None
