"""Connections that stay open, and what happens when the other side ends them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from slipway.kube.http_transport import FAULTS, HttpTransport


class Server(ThreadingHTTPServer):
    """Counts connections; ``leaving`` ends each after its first answer, without saying so."""

    daemon_threads = True
    leaving = False
    connections = 0

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], address: object) -> None:
        self.connections += 1
        super().process_request(request, address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.server.leaving

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def test_one_connection_for_many_requests(server: Server) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    wire = HttpTransport(url)
    for number in range(5):
        answer = wire.request("GET", f"{url}/path?q={number}", None, {}, 10)
        assert (answer.status, answer.data) == (200, f"/path?q={number}".encode())
    assert server.connections == 1


def test_a_connection_that_the_server_has_ended_is_not_used_again(server: Server) -> None:
    url = f"http://127.0.0.1:{server.server_port}"
    wire, server.leaving = HttpTransport(url), True
    for _ in range(3):
        assert wire.request("GET", f"{url}/", None, {}, 10).status == 200
        # What is seen of the end depends on when it arrives: wait for it.
        for connection in wire._idle:
            connection.sock.settimeout(10)
            assert connection.sock.recv(1, socket.MSG_PEEK) == b""
    assert server.connections == 3


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FAULTS, match="refused"):
        HttpTransport(f"http://127.0.0.1:{port}").request("GET", f"http://127.0.0.1:{port}/", None, {}, 10)
