"""Whom our own clients believe at the gateway: what the cluster says of its certificate, and nobody else."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from api_objects import namespace
from certificate import self_signed
from slipway import certificates
from slipway.errors import NotYet
from slipway.kube import Client, Ref
from slipway.kube.gateway_address import CERTIFICATE, trust
from slipway.readiness.probes.gateway import fetch
from slipway.readiness.probes.hubclient import HubClient
from slipway.release.secrets.spec import secret_object
from slipway.smoke.gateway import post

#: There is one gateway in a cluster: this module's own.
SERVER = "module_server"
NOW = datetime.datetime.now(datetime.UTC)
AUTHORITY = certificates.authority("test", NOW)
Serve = Callable[[Mapping[str, str]], str]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"it": "answers"}')

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """``serve(certificate)`` → the port of a server that shows it."""
    started: list[ThreadingHTTPServer] = []

    def start(pair: Mapping[str, str]) -> str:
        for key in ("tls.crt", "tls.key"):
            (tmp_path / key).write_text(pair[key])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        started.append(server)
        return str(server.server_port)

    yield start
    for server in started:
        with closing(server.socket):
            server.shutdown()


def cluster_has(client: Client, values: Mapping[str, str], *, ours: bool) -> None:
    """The gateway's Service, and the Secret that it names: Slipway's own or a user's."""
    client.apply(namespace("ambassador"))
    meta = {"name": "ambassador", "namespace": "ambassador", "annotations": {CERTIFICATE: "shown"}}
    ports = [{"name": "http", "port": 80}, {"name": "https", "port": 443}]
    client.apply({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": ports}})
    ref = Ref("v1", "Secret", "ambassador", "shown")
    client.delete(ref)
    made = secret_object(ref, "gateway", "kubernetes.io/tls", values, {})
    client.create(made if ours else {**made, "metadata": {"name": ref.name, "namespace": ref.namespace}})


def answers(client: Client, url: str) -> bool:
    return "answers" in fetch(url, trust(client, url))


def brought(tmp_path: Path) -> dict[str, str]:
    crt, key = self_signed(tmp_path, 30, "ml.example.org")
    return {"tls.crt": crt.read_text(), "tls.key": key.read_text()}


def test_by_an_address_it_is_the_very_certificate_of_the_secret(client: Client, serve: Serve, tmp_path: Path) -> None:
    mine = brought(tmp_path)
    other = brought(tmp_path)
    cluster_has(client, mine, ours=False)
    assert answers(client, f"https://127.0.0.1:{serve(mine)}")
    assert not answers(client, f"https://127.0.0.1:{serve(other)}")
    # An authority that a user brings signs for others, too.
    signed = certificates.issue(AUTHORITY, ["127.0.0.1"], NOW)
    cluster_has(client, signed, ours=False)
    assert not answers(client, f"https://127.0.0.1:{serve(certificates.issue(AUTHORITY, ['127.0.0.1'], NOW))}")


def test_a_generated_one_is_believed_while_the_renewed_one_is_on_its_way(client: Client, serve: Serve) -> None:
    before, after = (certificates.issue(AUTHORITY, ["localhost"], NOW) for _ in range(2))
    cluster_has(client, after, ours=True)
    assert answers(client, f"https://127.0.0.1:{serve(before)}")
    stranger = certificates.issue(certificates.authority("test", NOW), ["127.0.0.1", "localhost"], NOW)
    assert not answers(client, f"https://127.0.0.1:{serve(stranger)}")


def test_by_a_name_it_is_for_that_name(client: Client, serve: Serve) -> None:
    cluster_has(client, certificates.issue(AUTHORITY, ["localhost"], NOW), ours=True)
    assert answers(client, f"https://localhost:{serve(certificates.issue(AUTHORITY, ['localhost'], NOW))}")
    assert not answers(client, f"https://localhost:{serve(certificates.issue(AUTHORITY, ['other.example.org'], NOW))}")


def test_the_hubs_and_the_smoke_tests_clients(client: Client, serve: Serve, tmp_path: Path) -> None:
    mine = brought(tmp_path)
    cluster_has(client, mine, ours=False)
    good, bad = (f"https://127.0.0.1:{serve(pair)}" for pair in (mine, brought(tmp_path)))
    assert post(good, {}, tls=trust(client, good)) == {"it": "answers"}
    assert HubClient(good, "one", trust(client, good)).api("GET", "/hub/api/") == {"it": "answers"}
    with pytest.raises(NotYet, match="CERTIFICATE_VERIFY_FAILED"):
        post(bad, {}, tls=trust(client, bad))
    with pytest.raises(NotYet, match="CERTIFICATE_VERIFY_FAILED"):
        HubClient(bad, "one", trust(client, bad)).api("GET", "/hub/api/")


def test_without_tls_there_is_nobody_to_believe(client: Client) -> None:
    assert trust(client, "http://127.0.0.1:30080") is None
