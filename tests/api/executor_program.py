"""The service orchestrator as a process, before units that are servers of the test's own process."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from docker_registry import free_port
from slipway import artifacts
from slipway.progress import Reporter

#: A request's path and its decoded body → what is answered. Feedback is taken without asking it.
Answer = Callable[[str, Any], Any]
SECONDS = 20.0


@dataclass
class Units:
    """Servers of the protocol seldon by name; ``calls`` has what they were asked as (unit, path, body)."""

    ports: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)

    def unit(self, name: str, kind: str, *children: Any, **more: Any) -> dict[str, Any]:
        """A unit of a graph, as a SeldonDeployment has it."""
        endpoint = {"service_host": "127.0.0.1", "service_port": self.ports[name], "httpPort": self.ports[name]}
        return {"name": name, "type": kind, "children": list(children), "endpoint": endpoint, **more}


@contextlib.contextmanager
def units(answers: Mapping[str, Answer]) -> Iterator[Units]:
    """A server for every name, until the block's end."""
    made, servers = Units(), []
    for name, answer in answers.items():
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made, name, answer))
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        made.ports[name] = server.server_port
        servers.append(server)
    try:
        yield made
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _handler(made: Units, name: str, answer: Answer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: the second would wait for the first one's receipt

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.calls.append((name, self.path, body))
            said = {"meta": {}} if self.path == "/send-feedback" else answer(self.path, body)
            text = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass(frozen=True)
class Executor:
    """``url`` is its HTTP server's, ``grpc`` the address (host:port) of gRPC's."""

    process: subprocess.Popen[str]
    url: str
    grpc: str

    def post(self, path: str, body: Any, seconds: float = SECONDS) -> tuple[int, Any]:
        """The status and the decoded answer."""
        request = urllib.request.Request(
            f"{self.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def memory(self) -> int:
        """Resident KiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def predictor(graph: Any) -> dict[str, str]:
    """The environment that names a graph."""
    text = json.dumps({"name": "main", "graph": graph})
    return {"ENGINE_PREDICTOR": base64.b64encode(text.encode()).decode()}


def start(environment: Mapping[str, str], *flags: str) -> subprocess.Popen[str]:
    """The program, which may not have begun to listen; it has no environment but this one."""
    artifacts.ensure(["binary/executor"], Reporter())
    named = ("--sdep", "example", "--namespace", "models", "--predictor", "main")
    return subprocess.Popen(
        [artifacts.binary("executor"), *named, *flags],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def running(environment: Mapping[str, str], *flags: str) -> Iterator[Executor]:
    """The program once it answers, until the block's end."""
    http, grpc = free_port(), free_port()
    process = start(environment, f"--http_port={http}", f"--grpc_port={grpc}", *flags)
    try:
        _until_listening(process, http)
        yield Executor(process, f"http://127.0.0.1:{http}", f"127.0.0.1:{grpc}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()


def _until_listening(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"the executor does not listen: {process.communicate()[1]}")
