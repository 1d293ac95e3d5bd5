"""The service orchestrator over gRPC: the program, and units of its graph that are gRPC servers of grpcio."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from executor_program import predictor, start

Handler = Callable[[Any, Any], Any]


@dataclass
class Unit:
    """A unit of a graph that answers at a port of this machine."""

    name: str
    type: str
    port: int
    children: list[Unit] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def spec(self) -> dict[str, Any]:
        endpoint = {"service_host": "127.0.0.1", "service_port": self.port, "grpcPort": self.port}
        children = [child.spec() for child in self.children]
        return {"name": self.name, "type": self.type, "endpoint": endpoint, "children": children, **self.more}


class Orchestrator:
    """A running program; its lines of JSON are in ``lines``."""

    def __init__(self, graph: Unit, *flags: str, **environment: str) -> None:
        ports = ("--http_port=0", "--grpc_port=0")
        self.process = start({**predictor(graph.spec()), **environment}, *ports, *flags)
        self.lines: list[dict[str, Any]] = []
        self._told: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        serving = self.wait_for("serving")
        self.http = "http://127.0.0.1:" + serving["http"].rsplit(":", 1)[1]
        self.grpc_port = int(serving["grpc"].rsplit(":", 1)[1])
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}")

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._told.put(json.loads(line))
        self._told.put(None)

    def wait_for(self, message: str) -> dict[str, Any]:
        """The first line with this message that was not waited for yet; an error when the program ends before."""
        while line := self._told.get(timeout=20):
            self.lines.append(line)
            if line["msg"] == message:
                return line
        raise AssertionError(f"the program ended without {message!r}: {self.lines}")

    def close(self) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()


@contextmanager
def served(stubs: Any, **services: dict[str, Handler]) -> Iterator[int]:
    """A gRPC server of these services of ``seldon.protos``, by service and method; gives its port."""
    server = grpc.server(ThreadPoolExecutor(4))
    for service, methods in services.items():
        described = stubs.pb2.DESCRIPTOR.services_by_name[service]
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(
                handler,
                request_deserializer=stubs.class_of(described.methods_by_name[name].input_type).FromString,
                response_serializer=lambda answer: answer.SerializeToString(),
            )
            for name, handler in methods.items()
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(described.full_name, handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None)


class Logger:
    """Takes CloudEvents by HTTP: ``events`` are headers, in small letters, and the body."""

    def __init__(self) -> None:
        self.events: list[tuple[dict[str, str], bytes]] = []
        events = self.events

        class Taker(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                events.append((headers, self.rfile.read(int(headers["content-length"]))))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
