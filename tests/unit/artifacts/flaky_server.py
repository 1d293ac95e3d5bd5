"""A web server on a real socket whose faults are chosen by the test."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """``files`` by path. ``ranges``: whether Range is understood; ``cut``: bytes after which a connection breaks, once
    per entry; ``stall``: the same, but the connection stays open and silent; ``statuses``: answers before the first
    good one; ``length``: a Content-Length other than the file's; ``etag``: of all files."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    cut: list[int] = field(default_factory=list)
    stall: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    length: int | None = None
    etag: str = '"one"'
    seen: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serve the site at ``site.url`` until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, site)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Tests say what they need to know."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        site.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(request: BaseHTTPRequestHandler, site: Site) -> None:
    wanted = request.headers.get("Range", "")
    site.seen.append((request.path, wanted))
    if site.statuses:
        _head(request, site.statuses.pop(0), 0)
        return
    data = site.files.get(request.path)
    if data is None:
        _head(request, 404, 0)
        return
    start = 0
    found = re.fullmatch(r"bytes=(\d+)-", wanted)
    if found and site.ranges and request.headers.get("If-Range", site.etag) == site.etag:
        start = int(found.group(1))
        if start >= len(data):
            _head(request, 416, 0)
            return
    more = {"ETag": site.etag} if site.etag else {}
    if start:
        more["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    _head(request, 206 if start else 200, len(data) - start if site.length is None else site.length, more)
    if request.command == "HEAD":
        return
    body = data[start:]
    if site.cut:
        request.wfile.write(body[: site.cut.pop(0)])
        request.close_connection = True
    elif site.stall:
        request.wfile.write(body[: site.stall.pop(0)])
        request.wfile.flush()
        # Silent until the test ends or the client goes.
        site.released.wait(60)
        request.close_connection = True
    else:
        request.wfile.write(body)
        request.close_connection = site.length is not None


def _head(request: BaseHTTPRequestHandler, status: int, length: int, more: dict[str, str] | None = None) -> None:
    request.send_response(status)
    for name, value in {"Content-Length": str(length), **(more or {})}.items():
        request.send_header(name, value)
    request.end_headers()
