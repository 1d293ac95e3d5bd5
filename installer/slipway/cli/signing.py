"""Options of commands that sign, and how they ask for a passphrase: never as an argument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from minisign import SecretKey

F = TypeVar("F", bound=Callable[..., Any])
KEY = "The public key (minisign's), or its file; without a signature by it: refused (default: bundle.key)."


def sign_options(command: F) -> F:
    """--sign and --passphrase-file."""
    file = click.Path(dir_okay=False, path_type=Path)
    passphrase = "Whose first line is the key's passphrase (default: a prompt)."  # noqa: S105
    command = click.option("--passphrase-file", type=file, metavar="FILE", help=passphrase)(command)
    return click.option("--sign", type=file, metavar="KEYFILE", help="Sign with this secret key of minisign.")(command)


def opened(sign: Path | None, passphrase_file: Path | None) -> SecretKey | None:
    """The key to sign with, before anything is built; None: not to be signed. Raises BadInput."""
    from slipway.errors import BadInput
    from slipway.signing import secret_key

    if sign is None:
        if passphrase_file:
            raise BadInput("a passphrase without a key", "--passphrase-file", "give --sign KEYFILE, too")
        return None
    return secret_key(sign, lambda: _passphrase(passphrase_file), f"--sign {sign}")


def required(key: str | None, configured: str) -> tuple[str, str] | None:
    """(key, who says it) by which a bundle has to be signed; None: by nobody. An empty --key is a wrong one."""
    if key is not None:
        return key, f"--key {key!r}"
    return (configured, "bundle.key") if configured else None


def _passphrase(file: Path | None) -> str:
    from slipway.cli import asking
    from slipway.errors import BadInput

    if file is None:
        lacking = BadInput("the key is encrypted, and nobody can be asked", "--sign", "give --passphrase-file FILE")
        return asking.passphrase("passphrase of the key", lacking)
    return asking.text_of(file).split("\n", 1)[0].removesuffix("\r")
