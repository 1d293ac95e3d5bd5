"""Command lines of pages and workflow files, held against the command line's own parser; nothing is run."""

from __future__ import annotations

import re
import shlex

import click
from slipway.cli.main import cli


def words_of(line: str) -> list[str]:
    """The words of a command, without redirections and what follows it."""
    return shlex.split(re.split(r" \|\| | \| | > | && ", line)[0], comments=True)


def parsed(words: list[str]) -> click.Context:
    """The context of a command with these words (without the program's name). Raises click.UsageError."""
    command: click.Command = cli
    context: click.Context | None = None
    name = "slipway"
    while True:
        context = command.make_context(name, list(words), parent=context)
        if not isinstance(command, click.Group):
            return context
        found, sub, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None and sub is not None
        name, command = found, sub


def accept(words: list[str]) -> str:
    """Parse the words as the command line does; the command's path."""
    return parsed(words).command_path.removeprefix("slipway ")
