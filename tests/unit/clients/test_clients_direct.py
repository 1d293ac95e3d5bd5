"""Requests to what is in the cluster, against a small real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from slipway.clients.direct import ask
from slipway.errors import NotYet


class Handler(BaseHTTPRequestHandler):
    """Answers with what it was asked; /away leads elsewhere."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response({"/away": 307, "/none": 404}.get(self.path, 200))
        self.send_header("Location", "/elsewhere")
        self.send_header("X-Asked", self.headers.get("X-Word", ""))
        self.end_headers()
        self.wfile.write(self.path.encode() + b" " + body + b"\xff")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_address[1]}"
        found.shutdown()


@pytest.mark.parametrize(("path", "status"), [("/x", 200), ("/none", 404), ("/away", 307)])
def test_any_status_is_an_answer(server: str, path: str, status: int) -> None:
    answer = ask("POST", server + path, b"body", {"X-Word": "hello"})
    assert (answer.status, answer.headers["x-asked"], answer.text) == (status, "hello", f"{path} body\ufffd")


def test_a_proxy_of_the_machine_is_not_asked(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask("POST", f"{server}/x").status == 200


def test_no_answer_says_why_and_names_no_address_in_memory() -> None:
    with pytest.raises(NotYet, match=r"^[^<]*no answer: .*Connection refused[^>]*$") as caught:
        ask("GET", "http://127.0.0.1:9/x")
    assert "0x" not in caught.value.what


def test_who_is_silent_is_not_waited_for(server: str) -> None:
    """The backlog takes the connection, and nobody reads it."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotYet, match="timed out"):
        ask("GET", f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)
