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
from slipway.kube.kubeconfig import choose
from slipway.kube.proxied import of_environment, proxy_url


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


@pytest.mark.parametrize(
    ("host", "listed", "direct"),
    [
        # As golang.org/x/net/http/httpproxy decides them.
        ("localhost", "", True),
        ("127.0.0.2", "", True),
        ("::1", "", True),
        ("10.1.2.3", "", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.3:443", False),
        ("10.1.2.3", "10.1.2.3:6443", True),
        ("10.1.2.3", "fd00::/8, 11.0.0.0/8", False),
        ("10.1.2.3", "10.0.0.0/33", False),
        ("fd00::5", "fd00::/8", True),
        ("fd00::5", "[fd00::5]:6443", True),
        ("fd00::5", "fd00::5", True),
        ("api.example.com", "example.com", True),
        ("api.example.com", ".example.com", True),
        ("api.example.com", "*.example.com", True),
        ("example.com", "example.com", True),
        ("example.com", ".example.com", False),
        ("badexample.com", "example.com", False),
        ("API.Example.Com", "example.COM", True),
        ("api.example.com", "example.com:6443", True),
        ("api.example.com", "example.com:80", False),
        ("api.example.com", "other.org,*", True),
        ("api.example.com", " other.org , example.com ", True),
    ],
)
def test_no_proxy(host: str, listed: str, direct: bool) -> None:
    server = f"https://{f'[{host}]' if ':' in host else host}:6443"
    found = of_environment(server, {"HTTPS_PROXY": "http://192.0.2.2:3128", "NO_PROXY": listed})
    assert (found == "") is direct


def test_the_environments_proxy(tmp_path: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "config", {})
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{proxy.server_port}")
    monkeypatch.setenv("NO_PROXY", "example.com,192.0.2.0/24")
    assert Client.from_kubeconfig(path).request("GET", "/api/v1/namespaces/default")["kind"] == "Namespace"
    monkeypatch.setenv("no_proxy", "nowhere")
    monkeypatch.setenv("NO_PROXY", ".internal:8080")
    assert proxy_url(choose(path)) == ""
    # What the kubeconfig says counts all the same.
    other = write(tmp_path / "other", {"proxy-url": "http://192.0.2.2:3128"})
    assert proxy_url(choose(other)) == "http://192.0.2.2:3128"


def test_each_schemes_own() -> None:
    environment = {"HTTP_PROXY": "http://192.0.2.2", "https_proxy": "http://192.0.2.3"}
    assert of_environment("http://192.0.2.1", environment) == "http://192.0.2.2"
    assert of_environment("https://192.0.2.1", environment) == "http://192.0.2.3"
    assert of_environment("https://192.0.2.1", {"ALL_PROXY": "http://192.0.2.2"}) == ""
