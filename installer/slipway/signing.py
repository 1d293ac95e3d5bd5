"""Signatures in minisign's format, https://jedisct1.github.io/minisign/: Ed25519 over a file's BLAKE2b.

FILE.minisig stands beside FILE; ``minisign -Vm FILE -p KEY`` says the same as we do.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from slipway.errors import BadInput, SlipwayError

if TYPE_CHECKING:
    from minisign import PublicKey, SecretKey

SUFFIX = ".minisig"
#: Longer files are none of these: no reason to read them.
_LONGEST = 1 << 14
#: Of the bytes that a key and a signature encode: the algorithm, then the key's number.
_NUMBER = slice(2, 10)


class Readable(Protocol):
    """What a signature is made of."""

    def read(self, size: int = -1, /) -> bytes: ...


def beside(file: Path) -> Path:
    """Where the signature of a file stands."""
    return file.with_name(f"{file.name}{SUFFIX}")


def public_key(text: str, where: str) -> PublicKey:
    """The key of a file (minisign.pub), or the key itself (``RW…``). Raises BadInput."""
    from minisign import ParseError, PublicKey

    remedy = "a file that `minisign -G` made, or the line in it that begins with RW"
    try:
        if text.startswith("RW") and not Path(text).exists():
            return PublicKey.from_base64(text)
        return PublicKey.from_bytes(_read(Path(text), where, remedy))
    except ParseError as error:
        raise BadInput(f"is not a public key of minisign: {error}", where, remedy) from None


def secret_key(file: Path, passphrase: Callable[[], str], where: str) -> SecretKey:
    """The key of a file, decrypted; ``passphrase`` is only called where it is encrypted. Raises BadInput."""
    from minisign import Error, SecretKey

    remedy = "a file that `minisign -G` made"
    try:
        key = SecretKey.from_bytes(_read(file, where, remedy))
        if key.is_encrypted():
            key.decrypt(passphrase())
        elif file.stat().st_mode & 0o077:
            raise BadInput("is not encrypted, and others can read it", where, f"chmod 600 {file}")
        # A key whose halves do not belong together would make signatures that nobody can check.
        key.get_public_key().verify(b"", key.sign(b""))
    except (Error, MemoryError) as error:
        raise BadInput(f"cannot be used: {error or 'it asks for too much memory'}", where, remedy) from None
    return key


def sign(file: Path, key: SecretKey, comment: str) -> Path:
    """Write the file's signature beside it; ``comment`` is signed, too. Returns where it is."""
    target = beside(file)
    with file.open("rb") as handle:
        signature = key.sign(handle, untrusted_comment="signature of Slipway's", trusted_comment=comment)
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(bytes(signature) + b"\n")
    part.replace(target)
    return target


def check(source: Readable, file: Path, key: PublicKey) -> str:
    """Whether the signature beside ``file`` is of ``source``, its content, by this key; returns the signed comment.

    Raises SlipwayError where it is missing, damaged, another file's, or by another key.
    """
    from minisign import ParseError, Signature, VerifyError

    beside_it = beside(file)
    remedy = "do not use the file; ask whoever made it for it and its signature again"
    if not beside_it.is_file():
        raise SlipwayError(f"is not signed: there is no {beside_it.name}", str(file), remedy)
    try:
        signature = Signature.from_bytes(_read(beside_it, str(beside_it), remedy))
    except ParseError as error:
        raise SlipwayError(f"is not a signature: {error}", str(beside_it), remedy) from None
    if not signature.is_prehashed():
        raise SlipwayError("is in minisign's old form", str(beside_it), "sign it again: minisign 0.10 or newer")
    signer, wanted = _number(bytes(signature).splitlines()[1]), _number(key.to_base64())
    if signer != wanted:
        raise SlipwayError(f"is signed with another key: {signer}, not {wanted}", str(file), remedy)
    try:
        key.verify(source, signature)
    except VerifyError:
        what = "the signature is not this file's: one of the two was changed"
        raise SlipwayError(what, str(file), remedy) from None
    comment: str = signature.trusted_comment
    return comment


def _number(encoded: bytes) -> str:
    """As minisign writes a key's number."""
    return base64.b64decode(encoded)[_NUMBER][::-1].hex().upper()


def _read(file: Path, where: str, remedy: str) -> bytes:
    try:
        with file.open("rb") as handle:
            return handle.read(_LONGEST)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where, remedy) from None
