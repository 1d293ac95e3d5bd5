"""Webhooks that the API server cannot call, each for another reason."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from api_objects import crd, namespace
from eventually import eventually
from slipway.doctor.cluster import webhooks
from slipway.doctor.cluster.context import Context
from slipway.doctor.finding import Finding
from slipway.kube import Client, Obj, ref_of

Register = Callable[..., None]
LABELS = {"app.kubernetes.io/managed-by": "slipway"}


class Answer(BaseHTTPRequestHandler):
    """Allows everything, as a webhook does."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        review["response"] = {"uid": review["request"]["uid"], "allowed": True}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("webhook") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=w", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path) + ".key", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def listening(certificate: Path) -> Iterator[str]:
    """The URL of a webhook that works."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(certificate, str(certificate) + ".key")
    server.socket = settings.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}/check"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def register(client: Client, unique: str) -> Iterator[Register]:
    """Makes a CRD of its own and a webhook for it; ``config`` is the clientConfig."""
    group = f"{unique}.example"
    definition = client.create(crd(group, "Thing"))
    eventually(lambda: client.objects(f"{group}/v1", "Thing") == [], "the CRD to be served")
    made = [ref_of(client.create(namespace(unique))), ref_of(definition)]

    def create(**config: Any) -> None:
        rule = {"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["things"]}
        hook = {
            "name": f"things.{group}",
            "clientConfig": config,
            "rules": [rule],
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 2,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": unique}},
        }
        meta = {"name": unique, "labels": LABELS}
        body = {"apiVersion": webhooks.GROUP, "kind": "ValidatingWebhookConfiguration", "metadata": meta}
        made.append(ref_of(client.create({**body, "webhooks": [hook]})))

    yield create
    for ref in reversed(made):
        client.delete(ref)


def look(client: Client, unique: str) -> Finding:
    """The finding on this test's webhook, when the API server has noticed it: others may run beside this test."""
    found = webhooks.run(Context(client, project=unique))
    mine = [each for each in found if unique in each.says]
    assert len(mine) == 1, found
    return mine[0]


def until(client: Client, unique: str, result: str, word: str) -> Finding:
    """The API server takes a moment to take up a configuration."""
    return eventually(  # type: ignore[no-any-return]
        lambda: (found := look(client, unique)).result == result and word in found.says and found, f"{result}: {word}"
    )


def bundle(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def test_a_webhook_that_answers(
    client: Client, register: Register, unique: str, listening: str, certificate: Path
) -> None:
    register(url=listening, caBundle=bundle(certificate))
    until(client, unique, "ok", unique)
    assert client.objects(f"{unique}.example/v1", "Thing") == []


def test_a_webhook_of_another_authority(client: Client, register: Register, unique: str, listening: str) -> None:
    """Without its caBundle the server trusts the system's authorities."""
    register(url=listening)
    assert "caBundle" in until(client, unique, "fail", "x509").remedy


def test_a_webhook_that_nobody_listens_for(client: Client, register: Register, unique: str, certificate: Path) -> None:
    register(url="https://127.0.0.1:1/check", caBundle=bundle(certificate))
    assert "firewall" in until(client, unique, "fail", "connection refused").remedy


def service(place: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "hook", "namespace": place},
        "spec": {"ports": [{"port": 443}]},
    }


def slice_of(place: str) -> Obj:
    meta = {"name": "hook-1", "namespace": place, "labels": {"kubernetes.io/service-name": "hook"}}
    endpoint = {"addresses": ["192.0.2.77"], "conditions": {"ready": True}}
    body = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4"}
    return {**body, "endpoints": [endpoint], "ports": [{"port": 443}]}


def test_a_webhook_whose_service_is_missing_empty_untrusted_or_out_of_reach(
    client: Client, register: Register, unique: str, certificate: Path
) -> None:
    register(service={"namespace": unique, "name": "hook", "path": "/"})
    assert f"Service {unique}/hook is not there" in look(client, unique).says
    client.create(service(unique))
    assert "has no ready endpoints" in look(client, unique).says
    client.create(slice_of(unique))
    assert "no caBundle" in look(client, unique).says
    live = client.get(webhooks.GROUP, "ValidatingWebhookConfiguration", unique)
    assert live
    live["webhooks"][0]["clientConfig"]["caBundle"] = bundle(certificate)
    client.patch(ref_of(live), {"webhooks": live["webhooks"]})
    assert until(client, unique, "fail", "failed calling webhook").remedy
