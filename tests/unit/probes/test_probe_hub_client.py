"""The probe's client of the hub, against a small real server."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from slipway.readiness.probes.hubclient import HubClient


class Hub(BaseHTTPRequestHandler):
    """Knows one thing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"version": "5"}')

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_the_hub_is_asked_past_this_machines_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = HubClient(f"http://127.0.0.1:{server.server_address[1]}", "user")
        assert client.api("GET", "/hub/api/") == {"version": "5"}
        server.shutdown()
