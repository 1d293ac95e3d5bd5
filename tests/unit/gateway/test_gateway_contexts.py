"""TLSContext: TLS to a service through a real Envoy, with a server that asks for a certificate."""

from __future__ import annotations

import base64
import datetime
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from slipway import certificates
from slipway_gateway.model import INACTIVE, RUNNING, Document, Source
from slipway_gateway.secrets import Secret, secret

NOW = datetime.datetime.now(datetime.UTC)
OURS, THEIRS = certificates.authority("ours", NOW), certificates.authority("theirs", NOW)


def client() -> dict[str, str]:
    """A certificate of our own, for a client."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + datetime.timedelta(days=1))
    text = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return {"tls.crt": text, "tls.key": key.private_bytes(serialization.Encoding.PEM, *form).decode()}


PAIR = client()
A: dict[str, Any] = {"prefix": "/a/", "service": "https://safe:80"}


@pytest.fixture
def safe(edge: Any, upstream: Callable[[str], Any], tmp_path: Path) -> Iterator[list[str | None]]:
    """The Service `safe` speaks TLS with our client only; what they said as server name."""
    made, names = certificates.issue(OURS, ["safe.team"], NOW), list[str | None]()
    for name, text in (("crt", made["tls.crt"]), ("key", made["tls.key"]), ("ca", PAIR["tls.crt"])):
        (tmp_path / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    context.load_verify_locations(tmp_path / "ca")
    context.verify_mode = ssl.CERT_REQUIRED
    context.sni_callback = lambda connection, name, _: names.append(name)
    plain = upstream("safe").server
    server = ThreadingHTTPServer(("127.0.0.1", 0), plain.RequestHandlerClass, bind_and_activate=False)
    server.socket = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
    server.server_address = server.socket.getsockname()
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    edge.service("safe", SimpleNamespace(port=server.server_address[1]))
    edge.secrets[("team", "pair")] = Secret(PAIR)
    edge.secrets[("team", "ca")] = Secret({"ca.crt": OURS["tls.crt"]})
    edge.secrets[("other", "ca")] = Secret({"tls.crt": THEIRS["tls.crt"]})
    yield names
    server.shutdown()
    server.server_close()


def context(namespace: str = "team", **spec: Any) -> Document:
    return Document(Source("TLSContext", namespace, "mine"), "mine", namespace, spec)


def test_both_sides_know_each_other(edge: Any, safe: list[str | None]) -> None:
    edge.serve(
        context(secret="pair", ca_secret="ca", alpn_protocols="http/1.1", min_tls_version="v1.2"),
        m={**A, "tls": "mine"},
    )
    assert edge.get("/a/x").asked["path"] == "/x"
    edge.serve(context(secret="pair", ca_secret="ca", sni="inner.org"), m={**A, "tls": "mine"})
    assert edge.get("/a/x").status == 200
    assert [safe[0], safe[-1]] == ["safe.team", "inner.org"]


@pytest.mark.parametrize(
    "spec",
    [
        {"ca_secret": "ca"},
        {"secret": "pair", "ca_secret": "ca.other"},
        {"secret": "pair", "max_tls_version": "v1.1"},
    ],
)
def test_who_is_not_known_is_not_spoken_to(edge: Any, safe: list[str | None], spec: Any) -> None:
    compiled = edge.serve(context(**spec), m={**A, "tls": "mine"})
    assert compiled.verdicts[Source("Mapping", "team", "m")].state == RUNNING
    assert edge.get("/a/").status == 503


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (None, "there is no TLSContext mine (yet)"),
        ({"secret": "gone"}, "Secret team/gone has not been read yet"),
        ({"secret": "refused"}, "may not"),
        ({"secret": "empty"}, "the Secret has no tls.crt"),
        ({"ca_secret": "empty"}, "the Secret has no tls.crt"),
        ({"crl_secret": "empty"}, "crl_secret: needs ca_secret"),
        ({"cert_chain_file": "/etc/shadow"}, "the gateway reads no files of its own container"),
        ({"hosts": ["x.org"], "secret": "pair"}, "TLS of clients is what the setting tls"),
        ({"min_tls_version": "v9"}, "'v9' is none of"),
        ({"verify": True}, "verify: is not known"),
    ],
)
def test_without_its_context_a_mapping_is_not_served(edge: Any, safe: Any, spec: Any, reason: str) -> None:
    edge.secrets |= {("team", "empty"): Secret(), ("team", "refused"): Secret(problem="may not")}
    compiled = edge.serve(*([] if spec is None else [context(**spec)]), m={**A, "tls": "mine"})
    found = compiled.verdicts[Source("Mapping", "team", "m")]
    assert found.state == INACTIVE and reason in found.reason
    assert edge.get("/a/").status == 404


def test_a_key_that_only_envoy_finds_faulty_closes_its_mappings_and_is_not_told(edge: Any, safe: Any) -> None:
    edge.secrets[("team", "pair")] = Secret({"tls.crt": PAIR["tls.crt"], "tls.key": "hidden-word"})
    compiled = edge.serve(context(secret="pair"), m={**A, "tls": "mine"}, other={"prefix": "/o/"})
    assert compiled.verdicts[Source("Mapping", "team", "m")].state == INACTIVE
    assert "hidden-word" not in str(compiled.verdicts)
    assert (edge.get("/a/").status, edge.get("/o/").status) == (404, 200)
    edge.acceptance.forgive()


def test_a_context_of_the_own_namespace_goes_first(edge: Any, safe: list[str | None]) -> None:
    strange = context("aaa", ca_secret="ca.other")
    edge.serve(strange, context(secret="pair", ca_secret="ca"), m={**A, "tls": "mine"})
    assert edge.get("/a/").status == 200
    edge.serve(context("aaa", secret="pair.team", ca_secret="ca.team"), m={**A, "tls": "mine"})
    assert edge.get("/a/").status == 200


def test_files_with_keys_are_for_one_user(edge: Any, safe: Any) -> None:
    edge.serve(context(secret="pair"), m={**A, "tls": "mine"})
    assert PAIR["tls.key"].splitlines()[1] in (edge.directory / "clusters.json").read_text()
    for name in ("clusters.json", ".validate.json"):
        assert (edge.directory / name).stat().st_mode & 0o077 == 0


def test_a_secret_is_read() -> None:
    data = {"tls.crt": base64.b64encode(b"PEM").decode()}
    assert secret({"data": data}) == Secret({"tls.crt": "PEM"})
    assert "PEM" not in repr(secret({"data": data}))
    assert secret({"data": {"x": base64.b64encode(b"\xff").decode()}}).problem
    assert json.dumps(data)
