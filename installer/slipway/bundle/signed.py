"""A bundle's signature: of the whole file, so that minisign alone can check it before anything of it is used."""

from __future__ import annotations

from typing import IO

from slipway import signing
from slipway.artifacts.fetch import Damaged
from slipway.bundle.archive import Member
from slipway.bundle.model import SUMS
from slipway.bundle.opened import Bundle

_BLOCK = 1 << 20


def check(bundle: Bundle, key: str, where: str) -> str:
    """What the signature says of the bundle, signed by ``key`` (see signing.public_key). Raises SlipwayError."""
    wanted = signing.public_key(key, where)
    with bundle.file.open("rb") as handle:
        seen = _Witness(handle, bundle.members[SUMS])
        comment = signing.check(seen, bundle.file, wanted)
    # What is read from now on is compared with these sums: they have to be the ones that were signed.
    if bytes(seen.window) != bundle.sums:
        raise Damaged("was changed while it was read", str(bundle.file), "copy it to a place that only root writes to")
    return comment


class _Witness:
    """Reads a file, and keeps what it read of one member."""

    def __init__(self, handle: IO[bytes], member: Member) -> None:
        self._handle, self._first, self._end = handle, member.offset, member.offset + member.size
        self._position = 0
        self.window = bytearray()

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, many at a time."""
        data = self._handle.read(max(size, _BLOCK))
        begin = self._position
        self._position += len(data)
        self.window += data[max(self._first - begin, 0) : max(self._end - begin, 0)]
        return data
