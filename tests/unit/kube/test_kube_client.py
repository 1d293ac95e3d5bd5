"""The client against a real HTTP server that says what an API server would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.kube import ApiError, Client, NoConnection
from slipway.kube.discovery import Resource

Answer = tuple[int, dict[str, str], Any]


class Server(ThreadingHTTPServer):
    """Gives the answers in their order, the last one for ever."""

    answers: list[Answer]
    seen: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        status, headers, value = self.server.answers[min(len(self.server.seen), len(self.server.answers)) - 1]
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        for name, text in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.answers, made.seen = [], []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def client(tmp_path: Path, port: int) -> Client:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "x", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "x", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return Client.from_kubeconfig(path)


BUSY: Answer = (429, {"Retry-After": "0"}, {"message": "storage is (re)initializing"})


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.answers = [BUSY, BUSY, (200, {}, {"kind": "X"})]
    assert client(tmp_path, server.server_port).request("GET", "/x") == {"kind": "X"}
    assert server.seen == ["/x"] * 3


def test_but_not_for_ever(server: Server, tmp_path: Path) -> None:
    server.answers = [BUSY]
    with pytest.raises(ApiError) as caught:
        client(tmp_path, server.server_port).request("GET", "/x")
    assert caught.value.status == 429
    assert len(server.seen) == 9


@pytest.mark.parametrize("status", [400, 403, 422, 500, 503])
def test_other_failures_are_raised_at_once(server: Server, tmp_path: Path, status: int) -> None:
    server.answers = [(status, {"Retry-After": "1"}, {"message": "no", "reason": "Because"})]
    with pytest.raises(ApiError, match="no") as caught:
        client(tmp_path, server.server_port).request("GET", "/x")
    assert (caught.value.status, caught.value.reason) == (status, "Because")
    assert len(server.seen) == 1


def test_nobody_answers(server: Server, tmp_path: Path) -> None:
    found = client(tmp_path, server.server_port)
    server.shutdown()
    server.server_close()
    with pytest.raises(NoConnection, match="Connection refused") as caught:
        found.request("GET", "/x")
    assert "slipway cluster status" in caught.value.remedy


def knowing_pods(found: Client) -> Client:
    """Without asking the server what it serves."""
    found._resources["v1", "Pod"] = Resource("v1", "Pod", "pods", namespaced=True, verbs=("watch",))
    return found


def test_a_watch_outlives_a_server_whose_cache_lags(server: Server, tmp_path: Path) -> None:
    """The answer is the one that a loaded API server gave."""
    words = "Timeout: Too large resource version: 8759, current: 8758"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    status = {"message": words, "code": 504, "reason": "Timeout", "details": {"causes": causes, "retryAfterSeconds": 1}}
    server.answers = [
        (200, {}, {"type": "ERROR", "object": {"kind": "Status", **status}}),
        (200, {}, {"type": "ADDED", "object": {"kind": "Pod"}}),
    ]
    watch = knowing_pods(client(tmp_path, server.server_port)).watch("v1", "Pod", "a", timeout=20)
    assert list(watch) == [("ADDED", {"kind": "Pod"})]


def test_a_watch_raises_what_else_the_server_says(server: Server, tmp_path: Path) -> None:
    gone = {"message": "too old resource version", "code": 410, "reason": "Expired"}
    server.answers = [(200, {}, {"type": "ERROR", "object": gone})]
    with pytest.raises(ApiError, match="too old") as caught:
        list(knowing_pods(client(tmp_path, server.server_port)).watch("v1", "Pod", "a", timeout=20))
    assert caught.value.status == 410
