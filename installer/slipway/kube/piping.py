"""What a command in a container reads and writes, as streams of bytes of any length.

The protocol (kube/channel.py) cannot end standard input: the command has to know by itself how much comes.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO

from slipway.errors import NotYet, SlipwayError
from slipway.kube.channel import STDERR, STDOUT, Channel

CHUNK = 1 << 17
#: Seconds without a byte after which nothing is waited for any more.
SILENCE = 120.0
_TOLD = 2000


class Output(io.RawIOBase):
    """The standard output of a command. Reading to its end raises SlipwayError when the command failed."""

    def __init__(self, channel: Channel, where: str, silence: float = SILENCE) -> None:
        self._channel, self._where, self._silence = channel, where, silence
        self._rest, self._said, self._ended = b"", b"", False

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; b"" at the end."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        while not self._rest and not self._ended:
            self._more()
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def _more(self) -> None:
        came, out, errors = _frame(self._channel, self._silence)
        self._rest += out
        self._said = (self._said + errors)[-_TOLD:]
        if self._channel.is_open():
            if not came:
                self._channel.close()
                raise NotYet(f"sent nothing for {self._silence:.0f} s", self._where)
            return
        self._ended = True
        check(self._channel, self._said, self._where)


def feed(channel: Channel, source: IO[bytes], where: str, progress: Callable[[int], None] = lambda count: None) -> None:
    """Write all of ``source`` to a command's standard input, wait for its end. Raises SlipwayError when it failed."""
    errors, count = b"", 0
    while channel.is_open() and (chunk := source.read(CHUNK)):
        channel.write(chunk)
        count += len(chunk)
        progress(count)
        errors = (errors + b"".join(_frame(channel, 0)[1:]))[-_TOLD:]
    while channel.is_open():
        came, *seen = _frame(channel, SILENCE)
        if not came and channel.is_open():
            channel.close()
            raise NotYet(f"did not end within {SILENCE:.0f} s after its input", where)
        errors = (errors + b"".join(seen))[-_TOLD:]
    check(channel, errors, where)


def _frame(channel: Channel, timeout: float) -> tuple[bool, bytes, bytes]:
    """Whether a frame came within ``timeout`` seconds (there are empty ones), standard output, standard error."""
    came = channel.update(timeout)
    return came, channel.read(STDOUT), channel.read(STDERR)


def check(channel: Channel, errors: bytes, where: str) -> None:
    """Raises SlipwayError, with what the command said last, unless it ended well."""
    lines = tuple(errors.decode("utf-8", "replace").strip().splitlines()[-5:])
    try:
        code = channel.code()
    except SlipwayError as error:
        raise SlipwayError(error.what, where, details=lines) from error
    if code != 0:
        raise SlipwayError(f"ended with exit code {code}", where, details=lines)
