"""An admission webhook in the test's own process, which a Service reaches under the machine's address."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from api_objects import Obj

SERVICE, PORT = "check", 443


class Hook:
    """``refuses`` is the message of a refusal, "" allows; ``asked`` counts the reviews."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.refuses, self.asked = directory, "", 0
        self.address, hook = _address(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.asked += 1
                response: Obj = {"uid": review["request"]["uid"], "allowed": not hook.refuses}
                if hook.refuses:
                    response["status"] = {"message": hook.refuses}
                body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response})
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer((self.address, 0), Handler)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._made = ""

    def ca(self, namespace: str) -> str:
        """The caBundle for the Service in this namespace; the server answers from now on."""
        if not self._made:
            key, certificate = self.directory / "hook.key", self.directory / "hook.crt"
            name = f"{SERVICE}.{namespace}.svc"
            command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
            command += ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(certificate)]
            subprocess.run(command, check=True, capture_output=True)
            self._context.load_cert_chain(certificate, key)
            self.server.socket = self._context.wrap_socket(self.server.socket, server_side=True)
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
            self._made = base64.b64encode(certificate.read_bytes()).decode()
        return self._made

    def service(self, namespace: str) -> Obj:
        """Without a selector: its endpoints are what ``slice`` says."""
        port = {"name": "https", "port": PORT, "targetPort": self.server.server_port}
        meta = {"name": SERVICE, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [port]}}

    def slice(self, namespace: str) -> Obj:
        """The one endpoint."""
        meta = {"name": f"{SERVICE}-1", "namespace": namespace, "labels": {"kubernetes.io/service-name": SERVICE}}
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": meta,
            "addressType": "IPv4",
            "ports": [{"name": "https", "port": self.server.server_port, "protocol": "TCP"}],
            "endpoints": [{"addresses": [self.address], "conditions": {"ready": True}}],
        }


def _address() -> str:
    """An address of this machine that is not the loopback, which endpoints may not have."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


@contextlib.contextmanager
def answering(directory: Path) -> Iterator[Hook]:
    """The webhook within a ``with``."""
    hook = Hook(directory)
    try:
        yield hook
    finally:
        if hook._made:
            hook.server.shutdown()
        hook.server.server_close()
