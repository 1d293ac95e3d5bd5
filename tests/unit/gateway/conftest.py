"""Short ways to compile Mappings, and a real Envoy on the loopback device with small servers behind it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from slipway_gateway import bootstrap
from slipway_gateway.admin import Admin
from slipway_gateway.cluster_state import Cluster, ServiceInfo, SliceInfo
from slipway_gateway.compiler import Compiled, compile_all
from slipway_gateway.controller import envoy_binary
from slipway_gateway.files import Files
from slipway_gateway.listening import Ground
from slipway_gateway.model import Document, Json, Source
from slipway_gateway.rollout import Rollout
from slipway_gateway.secrets import Secret
from slipway_gateway.tls import Tls
from slipway_gateway.validate import Acceptance, Validator

SpecsToCompiled = Callable[..., Compiled]


def document(name: str, spec: Json, namespace: str = "team") -> Document:
    return Document(Source("Mapping", namespace, name), name, namespace, spec)


@pytest.fixture(scope="session")
def compiled() -> SpecsToCompiled:
    """``compiled({...}, {...}, name={...})``: specs get the names m0, m1, … or their keyword. A service is "web"."""

    def make(*specs: Json, cluster: Cluster | None = None, **named: Json) -> Compiled:
        specs_by_name = {f"m{number}": spec for number, spec in enumerate(specs)} | named
        documents = [document(name, {"service": "web", **spec}) for name, spec in specs_by_name.items()]
        return compile_all(documents, cluster or Cluster())

    return make


@pytest.fixture(scope="session")
def routes() -> Callable[[Compiled], list[Json]]:
    """The routes of Mappings: without the gateway's own health answers."""
    return lambda compiled: list(compiled.routes["virtual_hosts"][0]["routes"][2:])


@pytest.fixture(scope="session")
def verdict() -> Callable[[Compiled, str], Any]:
    """The verdict of the Mapping of that name."""
    return lambda compiled, name: compiled.verdicts[Source("Mapping", "team", name)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Upstream:
    """A small server that answers with what it was asked, as JSON, and its own name."""

    name: str
    server: ThreadingHTTPServer
    seen: list[Json] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_port)


def body_of(request: BaseHTTPRequestHandler) -> bytes:
    """A request's whole body, in chunks or not."""
    if not request.headers.get("Transfer-Encoding"):
        return request.rfile.read(int(request.headers.get("Content-Length") or 0))
    body = b""
    while size := int(request.rfile.readline(), 16):
        body += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return body


def _handler(name: str, seen: list[Json]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = body_of(self)
            headers = {key.lower(): value for key, value in self.headers.items()}
            asked = {"name": name, "method": self.command, "path": self.path, "headers": headers, "body": body.decode()}
            seen.append(asked)
            if headers.get("upgrade") == "websocket":
                return self._echo()
            time.sleep(float(headers.get("x-delay", 0)))
            status = int(headers.get("x-status", 200))
            text = json.dumps(asked).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.send_header("X-Secret", "upstream")
            self.end_headers()
            self.wfile.write(text)
            return None

        do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET

        def _echo(self) -> None:
            """Not the websocket protocol: bytes come back until the client closes, as an upgrade allows."""
            self.close_connection = True
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            while data := self.connection.recv(4096):
                self.connection.sendall(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def asked(self) -> Json:
        """What the upstream was asked."""
        found: Json = json.loads(self.text)
        return found


class Edge:
    """A real Envoy, and the part of the controller that brings configurations into it."""

    def __init__(self, directory: Path, tls: Tls | None = None) -> None:
        self.directory = directory
        self.port, self.admin_port = free_port(), free_port()
        self.files = Files(directory)
        made = bootstrap.bootstrap(str(directory), self.admin_port)
        self.files.initialise(made, Ground(str(directory), self.port, tls))
        self.admin = Admin(self.admin_port)
        self.validator = Validator(envoy_binary(), directory)
        self.acceptance = Acceptance(self.validator)
        self.rollout = Rollout(self.files, self.admin)
        self.services: dict[tuple[str, str], ServiceInfo] = {}
        self.slices: dict[tuple[str, str], SliceInfo] = {}
        self.secrets: dict[tuple[str, str], Secret] = {}
        self.process = self._start()

    free_port = staticmethod(free_port)

    def _start(self) -> subprocess.Popen[bytes]:
        config = str(self.directory / bootstrap.BOOTSTRAP_FILE)
        log = (self.directory / "envoy.log").open("ab")
        command = [envoy_binary(), "-c", config, "--concurrency", "2", "-l", "warning", "--disable-hot-restart"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                if self.get("/", port=self.admin_port).status:
                    return process
            except OSError:
                time.sleep(0.02)
        raise AssertionError((self.directory / "envoy.log").read_text())

    def restart(self) -> None:
        self.stop()
        self.process = self._start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)

    def service(self, name: str, *upstreams: Upstream) -> None:
        """A Service of port 80 in the namespace `team`, with these endpoints, each in a slice of its own."""
        self.services[("team", name)] = ServiceInfo({80: "http"})
        for key in [key for key, item in self.slices.items() if item.service == ("team", name)]:
            del self.slices[key]
        for number, upstream in enumerate(upstreams):
            endpoints = (("127.0.0.1", True, True),)
            self.slices[("team", f"{name}-{number}")] = SliceInfo(("team", name), {"http": upstream.port}, endpoints)

    def serve(self, *others: Document, prune: bool = True, **specs: Json) -> Compiled:
        """Bring exactly these Mappings, and objects of other kinds, into Envoy; returns when it serves them."""
        documents = [*others] + [document(name, {"service": "web", **spec}) for name, spec in specs.items()]
        new = self.acceptance.accept(documents, Cluster(dict(self.services), dict(self.slices), self.secrets))
        asyncio.run(self.rollout.apply(new))
        if prune:
            asyncio.run(self.rollout.prune())
        return new

    def get(self, path: str, method: str = "GET", port: int = 0, body: str | None = None, **headers: str) -> Answer:
        """A request; underscores in the names of headers become dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=named)
            answer = connection.getresponse()
            found = {key.lower(): value for key, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode())
        finally:
            connection.close()


@pytest.fixture
def upstream() -> Iterator[Callable[[str], Upstream]]:
    """``upstream("blue")`` starts a server; all end with the test."""
    started: list[ThreadingHTTPServer] = []

    def start(name: str) -> Upstream:
        seen: list[Json] = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(name, seen))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        started.append(server)
        return Upstream(name, server, seen)

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def _edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    edge = Edge(tmp_path_factory.mktemp("envoy"))
    yield edge
    edge.stop()


@pytest.fixture
def new_edge(tmp_path: Path) -> Iterator[Callable[..., Edge]]:
    """``new_edge()`` starts an Envoy of its own, ``new_edge(tls)`` one with TLS; it ends with the test."""
    started: list[Edge] = []

    def start(tls: Tls | None = None) -> Edge:
        started.append(Edge(tmp_path, tls))
        return started[-1]

    yield start
    for edge in started:
        edge.stop()


@pytest.fixture
def edge(_edge: Edge, upstream: Callable[[str], Upstream]) -> Edge:
    """An Envoy with the Service `web` of one server of that name, and no Mapping yet. Shared: it starts once."""
    _edge.services.clear()
    _edge.slices.clear()
    _edge.secrets.clear()
    _edge.service("web", upstream("web"))
    return _edge


#: protobuf of a CheckResponse with {status: {code: PERMISSION_DENIED}}; nothing at all is OK.
_NO = b"\x0a\x02\x08\x07"
#: protobuf of a RateLimitResponse with {overall_code: OVER_LIMIT}, and with OK.
_OVER, _UNDER = b"\x08\x02", b"\x08\x01"


def _verdict(path: str, body: bytes) -> bytes:
    """Who has the word may come in; who is blue comes too often."""
    if "RateLimit" in path:
        return _OVER if b"blue" in body else _UNDER
    return b"" if b"open sesame" in body else _NO


@dataclass
class Door:
    """Lets in who has the word; ``seen`` are the requests: method, path, headers, body."""

    server: ThreadingHTTPServer
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_port)


def _decides(seen: list[Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = body_of(self)
            headers = {key.lower(): value for key, value in self.headers.items()}
            seen.append((self.command, self.path, headers, body))
            if headers.get("content-type") == "application/grpc":
                return self._answer(200, _verdict(self.path, body), {"Content-Type": "application/grpc"})
            good = headers.get("authorization") == "open sesame"
            told = {"X-User": "ann", "X-Hidden": "1", "Location": "/login"}
            return self._answer(200 if good else 401, b"" if good else b"who are you?", told)

        do_POST = do_PUT = do_GET

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
    server = ThreadingHTTPServer(("127.0.0.1", 0), _decides(seen))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    found = Door(server, seen)
    edge.service("door", found)
    yield found
    server.shutdown()
    server.server_close()


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
