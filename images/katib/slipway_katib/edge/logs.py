"""A container's log, read through the API server line by line and never kept."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
from slipway_controller.api import Api, path_of

#: Lines longer than this are cut; metrics stand in short ones.
MAX_LINE = 64 << 10
#: No more of one log is read.
MAX_LOG = 256 << 20
_TIMEOUT = aiohttp.ClientTimeout(total=600, sock_connect=5, sock_read=60)


async def log_lines(api: Api, namespace: str, pod: str, container: str) -> AsyncIterator[str]:
    """The lines of a container's log, at most MAX_LOG bytes of it, each at most MAX_LINE long. Raises ApiError."""
    path = path_of("v1", "Pod", namespace, pod, "log")
    async for line in lines_of(api.chunks(path, {"container": container}, _TIMEOUT)):
        yield line


async def lines_of(
    chunks: AsyncIterator[bytes], max_line: int = MAX_LINE, max_bytes: int = MAX_LOG
) -> AsyncIterator[str]:
    """Lines without their ends, also the last one without an end; carriage returns end a line too (progress bars)."""
    rest, total = b"", 0
    async for chunk in chunks:
        total += len(chunk)
        *whole, rest = (rest + chunk.replace(b"\r", b"\n")).split(b"\n")
        for line in whole:
            yield line[:max_line].decode("utf-8", "replace")
        rest = rest[:max_line]
        if total > max_bytes:
            return
    if rest:
        yield rest.decode("utf-8", "replace")
