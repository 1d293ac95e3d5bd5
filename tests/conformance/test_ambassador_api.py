"""What the Ambassador API promises to those who write Mappings: judged by requests alone, on any edition.

Source: Emissary's documentation of Mapping (introduction, prefixes, rewrites, headers, canaries, redirects, health).
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from slipway.kube import Client, Obj

IMAGE = "slipway.local/base:0.1.0"
SECONDS = 60.0
#: Answers with what it was asked.
ECHO = """
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = {"name": os.environ["NAME"], "path": self.path, "method": self.command, "headers": headers}
        text = json.dumps(asked).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Inner", "yes")
        self.end_headers()
        self.wfile.write(text)
    do_POST = do_GET
    def log_message(self, *args):
        pass
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""

Create = Callable[[Obj], Obj]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def asked(self) -> Any:
        """What the backend was asked; {} where something else answered."""
        return json.loads(self.text) if self.status == 200 else {"name": "", "path": "", "headers": {}}


@dataclass
class Backends:
    """Two Services, `one` and `two`, and a way to ask the gateway."""

    gateway: str
    namespace: str
    one: str
    two: str
    create: Create = field(repr=False)

    def ask(self, path: str, method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
        url = urlsplit(self.gateway)
        connection = http.client.HTTPConnection(url.netloc, timeout=15)
        if url.scheme == "https":
            # Believed are the machine's authorities, or those of a file.
            believed = ssl.create_default_context(cafile=os.environ.get("SLIPWAY_GATEWAY_CA"))
            connection = http.client.HTTPSConnection(url.netloc, timeout=15, context=believed)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode())
        finally:
            connection.close()

    def until(self, true: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + SECONDS
        while not true():
            assert time.monotonic() < end, f"{what} not within {SECONDS:.0f} s"
            time.sleep(0.2)


def _backend(namespace: str, name: str) -> list[Obj]:
    meta = {"name": name, "namespace": namespace, "labels": {"conformance": name}}
    locked = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "echo",
        "image": IMAGE,
        "command": ["python3", "-c", ECHO],
        "env": [{"name": "NAME", "value": name}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": locked,
    }
    user = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {"containers": [container], "securityContext": user, "terminationGracePeriodSeconds": 1}
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    service = {"selector": {"conformance": name}, "ports": ports}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod},
        {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service},
    ]


@pytest.fixture(scope="module")
def shared(kube: Client, gateway: str, project: str, create_once: Create) -> Backends:
    names = [f"conf-{secrets.token_hex(3)}-{word}" for word in ("one", "two")]
    for name in names:
        for obj in _backend(project, name):
            create_once(obj)
    found = Backends(gateway, project, names[0], names[1], create_once)

    def ready() -> bool:
        pods = [kube.get("v1", "Pod", name, project) or {} for name in names]
        conditions = [pod.get("status", {}).get("conditions", []) for pod in pods]
        return all({"Ready": "True"}.items() <= {c["type"]: c["status"] for c in item}.items() for item in conditions)

    found.until(ready, "the backends are ready")
    return found


@pytest.fixture
def api(shared: Backends, create: Create) -> Backends:
    shared.create = create
    return shared


def mapping(api: Backends, prefix: str, version: str = "v3alpha1", **spec: Any) -> None:
    """Create a Mapping to `one`, for every host unless it says something else."""
    name = f"conf-{secrets.token_hex(4)}"
    if version == "v3alpha1":
        spec = {"hostname": "*", **spec}
    spec = {"prefix": prefix, "service": api.one, **spec}
    meta = {"name": name, "namespace": api.namespace}
    api.create({"apiVersion": f"getambassador.io/{version}", "kind": "Mapping", "metadata": meta, "spec": spec})


def unique() -> str:
    return f"/c{secrets.token_hex(4)}/"


@pytest.mark.parametrize(
    ("spec", "asked", "arrives"),
    [
        ({}, "a/b?c=d", "/a/b?c=d"),
        ({"rewrite": "/"}, "a", "/a"),
        ({"rewrite": ""}, "a", "{prefix}a"),
        ({"rewrite": "/x/"}, "a", "/x/a"),
        ({"regex_rewrite": {"pattern": "/[^/]+/([0-9]+)/(.*)", "substitution": r"/\2/\1"}}, "42/b", "/b/42"),
    ],
)
@pytest.mark.parametrize("version", ["v2", "v3alpha1"])
def test_rewrites(api: Backends, version: str, spec: Any, asked: str, arrives: str) -> None:
    prefix = unique()
    mapping(api, prefix, version, **spec)
    api.until(lambda: api.ask(prefix + asked).status == 200, "the Mapping is served")
    assert api.ask(prefix + asked).asked["path"] == arrives.format(prefix=prefix)


@pytest.mark.parametrize(
    ("spec", "good", "bad"),
    [
        ({"headers": {"x-a": "1"}}, {"headers": {"x-a": "1"}}, {"headers": {"x-a": "2"}}),
        ({"regex_headers": {"x-a": "v[0-9]"}}, {"headers": {"x-a": "v7"}}, {"headers": {"x-a": "v77"}}),
        ({"method": "POST"}, {"method": "POST"}, {"method": "GET"}),
        ({"method": "POST|PUT", "method_regex": True}, {"method": "POST"}, {"method": "GET"}),
        (
            {"hostname": "one.example.org"},
            {"headers": {"Host": "one.example.org"}},
            {"headers": {"Host": "example.org"}},
        ),
        ({"hostname": "*.example.org"}, {"headers": {"Host": "x.example.org"}}, {"headers": {"Host": "x.org"}}),
    ],
)
def test_conditions(api: Backends, spec: Any, good: Any, bad: Any) -> None:
    prefix = unique()
    mapping(api, prefix, **spec)
    api.until(lambda: api.ask(prefix, **good).status == 200, "the Mapping is served")
    assert api.ask(prefix, **bad).status == 404


def test_a_prefix_can_be_a_regular_expression_or_exact(api: Backends) -> None:
    prefix = unique()
    mapping(api, f"{prefix}[0-9]+", prefix_regex=True, rewrite="")
    mapping(api, f"{prefix}exact", prefix_exact=True, rewrite="")
    api.until(lambda: api.ask(f"{prefix}42").status == api.ask(f"{prefix}exact").status == 200, "both are served")
    assert api.ask(f"{prefix}42/x").status == api.ask(f"{prefix}exact/x").status == 404


def test_the_longer_prefix_and_the_greater_precedence_win(api: Backends) -> None:
    prefix = unique()
    mapping(api, prefix)
    mapping(api, f"{prefix}deep/", service=api.two)
    mapping(api, f"{prefix}deep/x/")
    api.until(lambda: api.ask(f"{prefix}deep/").asked["name"] == api.two, "the deeper Mapping is served")
    assert api.ask(prefix).asked["name"] == api.one
    mapping(api, prefix, service=api.two, precedence=1, headers={"x-first": "1"})
    first = {"x-first": "1"}
    api.until(lambda: api.ask(f"{prefix}deep/x/", headers=first).asked["name"] == api.two, "the precedence counts")
    assert api.ask(f"{prefix}deep/x/").asked["name"] == api.one


def test_a_canary_gets_its_share(api: Backends) -> None:
    prefix = unique()
    mapping(api, prefix)
    mapping(api, prefix, service=api.two, weight=20)
    api.until(lambda: {api.ask(prefix).asked["name"] for _ in range(20)} == {api.one, api.two}, "both are served")
    counted = Counter(api.ask(prefix).asked["name"] for _ in range(200))
    # 200 throws at 20 %: mean 40, deviation 5.7; five deviations either way.
    assert 11 <= counted[api.two] <= 69


def test_headers_are_added_and_removed(api: Backends) -> None:
    prefix = unique()
    mapping(
        api,
        prefix,
        add_request_headers={"x-in": {"value": "1"}},
        remove_request_headers=["x-gone"],
        add_response_headers={"x-out": {"value": "2"}},
        remove_response_headers=["x-inner"],
        host_rewrite="inner.example.org",
    )
    api.until(lambda: api.ask(prefix).status == 200, "the Mapping is served")
    answer = api.ask(prefix, headers={"x-gone": "1"})
    asked = answer.asked["headers"]
    assert (asked["x-in"], asked["host"], answer.headers["x-out"]) == ("1", "inner.example.org", "2")
    assert "x-gone" not in asked
    assert "x-inner" not in answer.headers


def test_redirects(api: Backends) -> None:
    prefix = unique()
    mapping(api, prefix, service="www.example.org", host_redirect=True, path_redirect="/x", redirect_response_code=302)
    api.until(lambda: api.ask(prefix).status == 302, "the Mapping redirects")
    location = urlsplit(api.ask(prefix).headers["location"])
    assert (location.hostname, location.path) == ("www.example.org", "/x")


@pytest.mark.parametrize(
    "version", ["getambassador.io/v3alpha1", "getambassador.io/v2", "ambassador/v2", "ambassador/v1"]
)
def test_annotations(api: Backends, version: str) -> None:
    prefix, name = unique(), f"conf-{secrets.token_hex(4)}"
    document = {"apiVersion": version, "kind": "Mapping", "name": name, "prefix": prefix, "service": api.one}
    if version.endswith("v3alpha1"):
        document["hostname"] = "*"
    meta = {
        "name": name,
        "namespace": api.namespace,
        "annotations": {"getambassador.io/config": f"---\n{json.dumps(document)}\n"},
    }
    spec = {"ports": [{"name": "http", "port": 80}]}
    api.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    api.until(lambda: api.ask(prefix).status == 200, "the annotation is served")
    assert api.ask(f"{prefix}a").asked["path"] == "/a"


def test_a_faulty_mapping_does_not_hurt_a_good_one(api: Backends) -> None:
    prefix = unique()
    mapping(api, f"{prefix}bad(", prefix_regex=True)
    mapping(api, prefix)
    api.until(lambda: api.ask(prefix).status == 200, "the good Mapping is served")


def test_health(api: Backends) -> None:
    alive, ready = (api.ask(f"/ambassador/v0/check_{what}") for what in ("alive", "ready"))
    assert (alive.status, alive.text) == (200, "Ambassador is alive and well\n")
    assert (ready.status, ready.text) == (200, "Ambassador is ready and waiting\n")
