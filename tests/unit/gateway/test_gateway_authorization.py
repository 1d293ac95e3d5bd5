"""AuthService through a real Envoy, with a real service that is asked over HTTP and gRPC."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from slipway_gateway import bootstrap
from slipway_gateway.controller import envoy_binary
from slipway_gateway.model import INACTIVE, RUNNING, Document, Source

A = {"prefix": "/a/"}
#: protobuf of a CheckResponse with {status: {code: PERMISSION_DENIED}}; nothing at all is OK.
_NO = b"\x0a\x02\x08\x07"


@dataclass
class Door:
    """Lets in who has the word; ``seen`` are the requests: method, path, headers, body."""

    server: ThreadingHTTPServer
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_port)


def _handler(seen: list[Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self._chunks() if self.headers.get("Transfer-Encoding") else self._whole()
            headers = {key.lower(): value for key, value in self.headers.items()}
            seen.append((self.command, self.path, headers, body))
            if headers.get("content-type") == "application/grpc":
                good = b"open sesame" in body
                return self._answer(200, b"" if good else _NO, {"Content-Type": "application/grpc"})
            good = headers.get("authorization") == "open sesame"
            told = {"X-User": "ann", "X-Hidden": "1", "Location": "/login"}
            return self._answer(200 if good else 401, b"" if good else b"who are you?", told)

        do_POST = do_PUT = do_GET

        def _whole(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def door(edge: Any) -> Iterator[Door]:
    """The Service `door` of the namespace `team`."""
    seen: list[Any] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(seen))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    found = Door(server, seen)
    edge.service("door", found)
    yield found
    server.shutdown()
    server.server_close()


def auth(name: str = "door", **spec: Any) -> Document:
    return Document(Source("AuthService", "team", name), name, "team", {"auth_service": "door", **spec})


def test_who_has_the_word_comes_in_and_nobody_else(edge: Any, door: Door) -> None:
    edge.serve(auth(proto="http", path_prefix="/extauth"), m=A)
    refused = edge.get("/a/x?q=1")
    assert (refused.status, refused.text, refused.headers["location"]) == (401, "who are you?", "/login")
    assert door.seen[-1][:2] == ("GET", "/extauth/a/x?q=1")
    allowed = edge.get("/a/x", Authorization="open sesame", X_Trace="7")
    assert allowed.asked["path"] == "/x"
    assert "x-trace" not in door.seen[-1][2]
    assert "x-user" not in allowed.asked["headers"]


def test_headers_go_as_far_as_they_are_allowed(edge: Any, door: Door) -> None:
    fields = {
        "allowed_request_headers": ["X-Trace"],
        "allowed_authorization_headers": ["X-User"],
        "add_auth_headers": {"x-gate": "front"},
        "add_linkerd_headers": True,
    }
    edge.serve(auth(**fields), m=A)
    asked = edge.get("/a/", Authorization="open sesame", X_Trace="7", X_User="eve").asked
    assert asked["headers"]["x-user"] == "ann"
    assert "x-hidden" not in asked["headers"]
    _, _, headers, _ = door.seen[-1]
    assert (headers["x-trace"], headers["x-gate"], headers["l5d-dst-override"]) == ("7", "front", "door.team:80")


@pytest.mark.parametrize(
    ("fields", "sent", "arrives"),
    [
        ({}, "word", b""),
        ({"include_body": {"max_bytes": 4, "allow_partial": True}}, "words", b"word"),
        ({"include_body": {"max_bytes": 9, "allow_partial": False}}, "words", b"words"),
        ({"allow_request_body": True}, "words", b"words"),
    ],
)
def test_the_body_is_shown_if_wanted(edge: Any, door: Door, fields: Any, sent: str, arrives: bytes) -> None:
    edge.serve(auth(**fields), m=A)
    asked = edge.get("/a/", method="POST", body=sent, Authorization="open sesame").asked
    assert (asked["body"], door.seen[-1][3]) == (sent, arrives)


def test_a_mapping_may_be_for_everybody(edge: Any, door: Door) -> None:
    redirect = {"prefix": "/r/", "service": "new.org", "host_redirect": True}
    edge.serve(auth(), m=A, free={"prefix": "/f/", "bypass_auth": True}, away=redirect)
    assert (edge.get("/f/").status, edge.get("/r/").status, edge.get("/a/").status) == (200, 301, 401)
    assert edge.get("/ambassador/v0/check_ready").status == 200
    assert [path for _, path, _, _ in door.seen] == ["/a/"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 403), ({"status_on_error": {"code": 503}}, 503), ({"failure_mode_allow": True}, 200)],
)
@pytest.mark.parametrize("service", ["nobody", "nope.workbench:3000"])
def test_without_an_answer_nobody_comes_in_unless_that_is_wanted(
    edge: Any, service: str, fields: Any, status: int
) -> None:
    edge.service("nobody")
    given = auth(auth_service=service, path_prefix="/extauth", proto="http", **fields)
    edge.serve(given, m=A)
    assert edge.get("/a/", Authorization="open sesame").status == status


def test_when_it_goes_everybody_comes_in_again(edge: Any, door: Door) -> None:
    edge.serve(auth(), m=A)
    assert edge.get("/a/").status == 401
    edge.serve(m=A)
    assert edge.get("/a/").status == 200


@pytest.fixture
def grpc_door(edge: Any, door: Door, tmp_path: Path) -> Iterator[Door]:
    """The same behind a second Envoy that speaks gRPC for it: HTTP/2, frames and trailers are real."""
    port = edge.free_port()
    bridge = "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig"
    http = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    route = {"match": {"prefix": "/"}, "route": {"cluster": "door"}}
    manager = bootstrap.typed(
        "http",
        http,
        stat_prefix="grpc",
        http_filters=[
            bootstrap.typed("bridge", bridge, content_type="application/grpc", withhold_grpc_frames=True),
            bootstrap.typed("router", "envoy.extensions.filters.http.router.v3.Router"),
        ],
        route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
    )
    address = bootstrap.address("127.0.0.1", door.port)
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    cluster = {"name": "door", "load_assignment": {"cluster_name": "door", "endpoints": endpoints}}
    listener = {"address": bootstrap.address("127.0.0.1", port), "filter_chains": [{"filters": [manager]}]}
    config = tmp_path / "bridge.json"
    config.write_text(json.dumps({"static_resources": {"listeners": [listener], "clusters": [cluster]}}))
    command = [envoy_binary(), "-c", str(config), "--concurrency", "1", "-l", "critical", "--disable-hot-restart"]
    process = subprocess.Popen(command)
    edge.service("door", type("Bridge", (), {"port": port}))
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            edge.get("/", port=port)
            break
        except OSError:
            time.sleep(0.02)
    door.seen.clear()
    yield door
    process.terminate()
    process.wait(20)


def test_over_grpc(edge: Any, grpc_door: Door) -> None:
    told = {"auth_context_extensions": {"realm": "blue"}}
    edge.serve(auth(proto="grpc", protocol_version="v3"), m=A, n={"prefix": "/n/", **told})
    assert edge.get("/a/x", Authorization="no").status == 403
    assert edge.get("/a/x", Authorization="open sesame").status == 200
    assert edge.get("/n/", Authorization="open sesame").status == 200
    _, path, _, body = grpc_door.seen[-1]
    assert path == "/envoy.service.auth.v3.Authorization/Check"
    assert b"realm" in body and b"blue" in body
    assert b"realm" not in grpc_door.seen[0][3]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"auth_service": "ftp://door"}, "the scheme ftp is not supported"),
        ({"proto": "smtp"}, "'smtp' is none of grpc, http"),
        ({"proto": "grpc"}, "protocol_version: v3 is needed"),
        ({"tls": "context"}, "tls: "),
        ({"timeout": 7}, "timeout: is not known"),
        ({"path_prefix": "x"}, "path_prefix: begins with /"),
        ({"status_on_error": {"code": 200}}, "status_on_error.code"),
    ],
)
def test_one_that_cannot_be_in_force_lets_nobody_in(edge: Any, spec: Any, reason: str) -> None:
    compiled = edge.serve(auth(**spec), m=A, free={"prefix": "/f/", "bypass_auth": True})
    found = compiled.verdicts[Source("AuthService", "team", "door")]
    assert found.state == INACTIVE and reason in found.reason
    assert "AuthService team/door is not in force" in compiled.verdicts[Source("Mapping", "team", "m")].reason
    assert (edge.get("/a/", Authorization="open sesame").status, edge.get("/f/").status) == (404, 200)


def test_what_only_envoy_finds_lets_nobody_in_either(edge: Any, door: Door) -> None:
    compiled = edge.serve(auth(add_auth_headers={"x y": "z\n"}, allowed_request_headers=[""]), m=A)
    state = compiled.verdicts[Source("Mapping", "team", "m")].state
    assert edge.get("/a/").status == (401 if state == RUNNING else 404)


def test_the_first_one_decides(edge: Any, door: Door) -> None:
    compiled = edge.serve(auth("b", auth_service="nobody"), auth("a"), m=A)
    assert "AuthService team/a decides already" in compiled.verdicts[Source("AuthService", "team", "b")].reason
    assert edge.get("/a/", Authorization="open sesame").status == 200
