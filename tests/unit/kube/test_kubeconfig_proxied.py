"""A kubeconfig's proxy-url, with a real proxy: requests reach the server through it, and only through it."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.errors import SlipwayError
from slipway.kube import Client
from slipway.kube.chosen import choose
from slipway.kube.proxied import proxy_url


class Proxy(ThreadingHTTPServer):
    """Answers for the only host that it knows, `api.internal`: nothing else can reach it."""

    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        # RFC 9112, 3.2.2: a request to a proxy names the whole URL.
        url = urllib.parse.urlsplit(self.path)
        self.server.asked.append(self.path)
        body = json.dumps({"kind": "Namespace", "metadata": {"name": "default"}}).encode()
        self.send_response(200 if url.hostname == "api.internal" else 502)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy(("127.0.0.1", 0), Handler)
    made.asked = []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def write(path: Path, cluster: dict[str, Any], name: str = "far") -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": "http://api.internal:8080", **cluster}}],
        "users": [{"name": name, "user": {"token": "t"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def test_requests_go_through_it(tmp_path: Path, proxy: Proxy) -> None:
    path = write(tmp_path / "config", {"proxy-url": f"http://127.0.0.1:{proxy.server_port}"})
    found = Client.from_kubeconfig(path).request("GET", "/api/v1/namespaces/default")
    assert found["metadata"]["name"] == "default"
    assert proxy.asked == ["http://api.internal:8080/api/v1/namespaces/default"]


def test_of_several_files_and_contexts_the_one_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near = write(tmp_path / "near", {}, "near")
    far = write(tmp_path / "far", {"proxy-url": "http://192.0.2.2:3128"})
    monkeypatch.setenv("KUBECONFIG", f"{near}:{far}:{tmp_path / 'none'}")
    assert proxy_url(choose()) == ""
    assert proxy_url(choose(context="far")) == "http://192.0.2.2:3128"


@pytest.mark.parametrize(
    ("url", "says"), [("ftp://192.0.2.2", "http, https or socks5"), ("socks5://192.0.2.2", "PySocks")]
)
def test_one_that_cannot_be_used_is_told(tmp_path: Path, url: str, says: str) -> None:
    path = write(tmp_path / "config", {"proxy-url": url})
    with pytest.raises(SlipwayError, match=says):
        Client.from_kubeconfig(path).request("GET", "/version")
