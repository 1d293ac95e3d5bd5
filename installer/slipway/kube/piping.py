"""What a command in a container reads and writes, as streams of bytes of any length.

Over the websocket of the official client (v4.channel.k8s.io). That protocol cannot end standard input: the command has
to know by itself how much comes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import IO, Any

from slipway.errors import NotYet, SlipwayError

CHUNK = 1 << 17
#: Seconds without a byte after which nothing is waited for any more.
SILENCE = 120.0
_STDOUT, _STDERR, _STATUS = 1, 2, 3
_TOLD = 2000


class Output(io.RawIOBase):
    """The standard output of a command. Reading to its end raises SlipwayError when the command failed."""

    def __init__(self, channel: Any, where: str, silence: float = SILENCE) -> None:
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
        given, self._rest = self._rest[:size], self._rest[size:]
        return given

    def _more(self) -> None:
        out, said = _frame(self._channel, self._silence)
        self._rest += out
        self._said = (self._said + said)[-_TOLD:]
        if self._channel.is_open():
            if not out and not said:
                self._channel.close()
                raise NotYet(f"sent nothing for {self._silence:.0f} s", self._where)
            return
        self._ended = True
        check(self._channel, self._said, self._where)


def feed(channel: Any, source: IO[bytes], where: str, told: Callable[[int], None] = lambda count: None) -> None:
    """Write all of ``source`` to a command's standard input, wait for its end. Raises SlipwayError when it failed."""
    said, count = b"", 0
    while channel.is_open() and (chunk := source.read(CHUNK)):
        channel.write_stdin(chunk)
        count += len(chunk)
        told(count)
        said = (said + b"".join(_frame(channel, 0)))[-_TOLD:]
    while channel.is_open():
        seen = b"".join(_frame(channel, SILENCE))
        if not seen and channel.is_open():
            channel.close()
            raise NotYet(f"did not end within {SILENCE:.0f} s after its input", where)
        said = (said + seen)[-_TOLD:]
    check(channel, said, where)


def _frame(channel: Any, timeout: float) -> tuple[bytes, bytes]:
    """What came within ``timeout`` seconds: standard output, standard error."""
    channel.update(timeout=timeout)
    return channel.read_channel(_STDOUT) or b"", channel.read_channel(_STDERR) or b""


def check(channel: Any, said: bytes, where: str) -> None:
    """Raises SlipwayError, with what the command said last, unless it ended well."""
    try:
        status = json.loads(channel.read_channel(_STATUS) or b"{}")
    except ValueError:
        status = {}
    if status.get("status") == "Success":
        return
    lines = tuple(said.decode("utf-8", "replace").strip().splitlines()[-5:])
    raise SlipwayError(status.get("message") or "the connection ended before the command", where, details=lines)


def opened(api: Any, namespace: str, pod: str, command: list[str], container: str = "", *, stdin: bool = False) -> Any:
    """Start a command; its channel."""
    import copy
    import functools

    from kubernetes import client
    from kubernetes.stream import stream, ws_client

    # stream() patches the ApiClient that it is given: it gets a copy of its own.
    core = client.CoreV1Api(copy.copy(api))
    extra = {"container": container} if container else {}
    # stream() itself would keep a copy of everything that comes.
    call = functools.partial(ws_client.websocket_call, capture_all=False)
    return stream.func(
        call, None, core.connect_get_namespaced_pod_exec, pod, namespace, command=command, stdin=stdin, stdout=True,
        stderr=True, tty=False, binary=True, _preload_content=False, **extra,
    )  # fmt: skip
