"""The seal of a backup: a few bytes that only a passphrase opens (age's scrypt recipient).

The library chooses how hard a passphrase is to guess by timing this machine for some milliseconds, when it encrypts and
again, as the most that it accepts, when it decrypts. On a busy machine either may come out far too low, so both are
done again. Source: age-encryption.org/v1, "The scrypt recipient type".
"""

from __future__ import annotations

from slipway.errors import BadInput

#: log2 of scrypt's N: below this a seal is made again, at most so many times (a slow machine honestly stays below it).
_HARD, _ATTEMPTS = 17, 5


def sealed(content: bytes, passphrase: str) -> bytes:
    """``content`` as an age file that ``passphrase`` opens; the hardest of a few attempts."""
    from pyrage import passphrase as by_passphrase

    best = b""
    for _ in range(_ATTEMPTS):
        best = max(best, by_passphrase.encrypt(content, passphrase), key=work_factor)
        if work_factor(best) >= _HARD:
            break
    return best


def unsealed(seal: bytes, passphrase: str, where: str) -> bytes:
    """What ``sealed`` was given. Raises BadInput: another passphrase, or one too hard for this machine."""
    from pyrage import DecryptError
    from pyrage import passphrase as by_passphrase

    reason = ""
    for _ in range(_ATTEMPTS):
        try:
            content: bytes = by_passphrase.decrypt(seal, passphrase)
        except DecryptError as error:
            reason = str(error)
        else:
            return content
        if not reason.startswith("Excessive work"):
            raise BadInput("cannot be opened with this passphrase", where, "give the one that it was made with")
    raise BadInput(
        f"was sealed with 2^{work_factor(seal)} steps of scrypt, more than this machine does in reasonable time",
        where,
        "open it on a faster machine, or when this one is less busy",
    )


def work_factor(seal: bytes) -> int:
    """log2 of scrypt's N, from the header of an age file; 0 when it names none."""
    for line in seal[:1024].split(b"\n"):
        words = line.split(b" ")
        if words[:2] == [b"->", b"scrypt"] and len(words) == 4 and words[3].isdigit():
            return int(words[3])
    return 0
