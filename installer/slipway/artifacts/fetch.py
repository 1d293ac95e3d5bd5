"""Downloads: verified by checksum, resumed where they broke, never half a file under the final name.

Range and If-Range: RFC 9110, sections 13.1.5 and 14.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from slipway.artifacts import hostnet, stopping
from slipway.errors import SlipwayError

#: What a break may cost: a block that was not whole is asked for again.
_BLOCK = 1 << 16
#: Answers that another attempt may change.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Damaged(SlipwayError):
    """What came is not what the lock file promises: another attempt at the same server will not help."""


class Unreachable(SlipwayError):
    """The server does not answer, or does not have the file."""


@dataclass(frozen=True)
class Wanted:
    """A file: its URL, the sha256 (hex) and the size (bytes) of what the server sends."""

    url: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Patience:
    """``stall``: seconds without a byte; ``attempts``: how many may fail in a row without progress; ``pause``: seconds
    before the second attempt, doubled for each further one up to ``longest``."""

    connect: float = 10.0
    stall: float = 30.0
    attempts: int = 4
    pause: float = 0.5
    longest: float = 8.0

    def before(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return float(min(self.pause * 2 ** (failures - 1), self.longest))


def download(wanted: Wanted, target: Path, patience: Patience | None = None) -> Path:
    """Have ``target`` with the promised content; ``<target>.part`` is what an earlier, broken run left.

    Raises Damaged (wrong size or checksum) and Unreachable (no server, no such file, or broken off too often).
    """
    patience = patience or Patience()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    failures, resumed = 0, False
    while True:
        before = _size(part)
        try:
            resumed = _continue(wanted, part, patience) or resumed
        except _Broken as error:
            failures = 0 if _size(part) > before else failures + 1
            if failures >= patience.attempts:
                raise Unreachable(str(error), wanted.url, "is the server there, and the network?") from None
            time.sleep(patience.before(max(failures, 1)))
            continue
        actual = _sha256(part)
        if actual == wanted.sha256:
            return _finish(part, target)
        _forget(part)
        if not resumed:
            raise Damaged(
                f"has the sha256 {actual}, not {wanted.sha256}", wanted.url, "the file on the server is wrong"
            )
        # Its first part may be of another file: once more from the start.
        resumed = False


def answers(url: str, patience: Patience | None = None) -> str:
    """Why a server cannot be used, or "" when it answers, whatever it says."""
    patience = patience or Patience()
    try:
        timeout = urllib3.Timeout(connect=patience.connect, read=patience.stall)
        _manager(url).request("HEAD", url, timeout=timeout, retries=False, redirect=False).release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return _reason(error)
    return ""


class _Broken(Exception):
    """An attempt ended early; another one may go on."""


def _continue(wanted: Wanted, part: Path, patience: Patience) -> bool:
    """Get what is missing of a file; whether it stands on an earlier part."""
    have = _size(part)
    if have > wanted.size:
        _forget(part)
        have = 0
    if have == wanted.size and part.exists():
        return True
    timeout = urllib3.Timeout(connect=patience.connect, read=patience.stall)
    try:
        response = _manager(wanted.url).request(
            "GET", wanted.url, headers=_headers(part, have), timeout=timeout, retries=False, preload_content=False
        )
        try:
            start = _start(response, wanted, have, part)
            _note(part, response.headers.get("ETag", ""))
            _write(response, part, start, wanted)
        finally:
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise _Broken(_reason(error)) from error
    if _size(part) < wanted.size:
        raise _Broken(f"broken off after {_size(part)} of {wanted.size} bytes")
    return start > 0


def _headers(part: Path, have: int) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", "User-Agent": "slipway"}
    if have:
        headers["Range"] = f"bytes={have}-"
        tag = _tag(part).read_text() if _tag(part).is_file() else ""
        # A weak tag does not promise the same bytes.
        if tag and not tag.startswith("W/"):
            headers["If-Range"] = tag
    return headers


def _start(response: urllib3.BaseHTTPResponse, wanted: Wanted, have: int, part: Path) -> int:
    """Where the answer's body begins in the file."""
    status = response.status
    if status == 416:
        _forget(part)
        raise _Broken("the server has nothing after what is here")
    if status in _PASSING:
        raise _Broken(f"HTTP status {status}")
    if status == 206:
        content_range = response.headers.get("Content-Range", "")
        if not content_range.startswith(f"bytes {have}-"):
            _forget(part)
            raise _Broken(f"the server sent {content_range or 'another part'}")
        return have
    if status != 200:
        raise Unreachable(f"HTTP status {status}", wanted.url, "is this the directory of a release?")
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and int(length) != wanted.size:
        raise Damaged(f"has {length} bytes, not {wanted.size}", wanted.url, "the file on the server is wrong")
    return 0


def _write(response: urllib3.BaseHTTPResponse, part: Path, start: int, wanted: Wanted) -> None:
    position = start
    with part.open("r+b" if start else "wb") as handle:
        handle.seek(start)
        for block in response.stream(_BLOCK, decode_content=False):
            stopping.check(wanted.url)
            position += len(block)
            if position > wanted.size:
                _forget(part)
                raise Damaged(f"has more than {wanted.size} bytes", wanted.url, "the file on the server is wrong")
            handle.write(block)


def _finish(part: Path, target: Path) -> Path:
    with part.open("rb") as handle:
        os.fsync(handle.fileno())
    part.replace(target)
    _tag(part).unlink(missing_ok=True)
    return target


def _note(part: Path, tag: str) -> None:
    if tag:
        _tag(part).write_text(tag)
    else:
        _tag(part).unlink(missing_ok=True)


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)


def _tag(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _reason(error: Exception) -> str:
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError) and not refused:
        return "no connection in time"
    if isinstance(error, urllib3.exceptions.ReadTimeoutError):
        return "the server stalls"
    cause = error.__cause__ or error
    return str(getattr(cause, "strerror", "") or cause).partition(": ")[2] or str(cause)


_LOCK = threading.Lock()


def _manager(url: str) -> urllib3.PoolManager:
    parts = urlsplit(url)
    proxies = {} if urllib.request.proxy_bypass(parts.hostname or "") else urllib.request.getproxies()
    with _LOCK:
        return _pool(proxies.get(parts.scheme, ""), str(hostnet.ca_bundle() or "") or None)


@cache
def _pool(proxy: str, bundle: str | None) -> urllib3.PoolManager:
    """The machine's proxies and CA bundle hold here as they do in builds."""
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=8, ca_certs=bundle)
    return urllib3.PoolManager(maxsize=8, ca_certs=bundle)
