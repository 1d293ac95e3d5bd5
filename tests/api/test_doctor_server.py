"""Ways not to reach an API server, each for real: the doctor names the cause, and what to do."""

from __future__ import annotations

import base64
import copy
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_server import Server
from certificate import self_signed
from slipway.cli.main import main

Config = dict[str, Any]
Doctor = Callable[[Any], dict[str, str]]


@pytest.fixture
def good(server: Server) -> Config:
    config: Config = yaml.safe_load(server.kubeconfig.read_text())
    return copy.deepcopy(config)


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """What the first check says with a kubeconfig (text, bytes, or a value)."""
    monkeypatch.chdir(tmp_path)

    def run(config: Any) -> dict[str, str]:
        path = tmp_path / "kubeconfig"
        if isinstance(config, bytes):
            path.write_bytes(config)
        elif config is not None:
            path.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
        with pytest.raises(SystemExit) as ended:
            main(["--kubeconfig", str(path), "doctor", "--overlay", "kind", "--only", "api-server", "--output", "json"])
        (row,) = json.loads(capsys.readouterr().out)
        assert ended.value.code == (1 if row["result"] == "fail" else 0)
        assert row["check"] == "api-server"
        return dict(row)

    return run


def user(good: Config, **entry: Any) -> Config:
    good["users"][0]["user"] = entry
    return good


def cluster(good: Config, **entry: Any) -> Config:
    good["clusters"][0]["cluster"] |= entry
    return good


def test_the_server_says_who_we_are(doctor: Doctor, good: Config, server: Server) -> None:
    row = doctor(good)
    assert (row["result"], row["cause"]) == ("ok", f"{server.client.server}, as admin")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (None, "no usable kubeconfig"),
        ("", "no usable kubeconfig"),
        ("a: [b", "while parsing a flow sequence"),
        ("- a\n", "no usable kubeconfig"),
        (b"\x00\xff\xfe", "no usable kubeconfig"),
        ("current-context: x\ncontexts: 5\n", "no usable kubeconfig"),
    ],
)
def test_a_file_that_is_no_kubeconfig(doctor: Doctor, text: Any, cause: str) -> None:
    row = doctor(text)
    assert row["result"] == "fail"
    assert cause in row["cause"]
    assert "\n" not in row["cause"]
    assert "--kubeconfig" in row["remedy"]


def test_a_context_that_is_not_in_it(doctor: Doctor, good: Config) -> None:
    assert "nope" in doctor({**good, "current-context": "nope"})["cause"]


def test_credentials_that_are_wrong(doctor: Doctor, good: Config) -> None:
    row = doctor(user(good, token="wrong"))
    assert "does not know the kubeconfig's credentials" in row["cause"]
    assert "log in again" in row["remedy"]


def test_a_client_certificate_that_ended(doctor: Doctor, good: Config, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, -3, "someone")
    data = {
        "client-certificate-data": base64.b64encode(certificate.read_bytes()).decode(),
        "client-key-data": base64.b64encode(key.read_bytes()).decode(),
    }
    row = doctor(user(good, token="wrong", **data))
    assert "the client certificate of admin" in row["cause"]
    assert "ended on" in row["cause"]
    assert "new kubeconfig" in row["remedy"]


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "no-such-plugin",
                "interactiveMode": "Never",
            }
        },
    ],
)
def test_no_credentials_at_all(doctor: Doctor, good: Config, entry: Config) -> None:
    row = doctor(user(good, **entry))
    # With a plugin that gives nothing nobody goes on as nobody.
    told = "the credential plugin no-such-plugin cannot be run" if entry else "for nobody (system:anonymous)"
    assert told in row["cause"]
    assert ("run it: no-such-plugin" if entry else "exec section") in row["remedy"]


def test_a_certificate_that_cannot_be_read(doctor: Doctor, good: Config) -> None:
    row = doctor(user(good, **{"client-certificate-data": "QUJD", "client-key-data": "QUJD"}))
    assert "client-certificate and client-key: they cannot be read" in row["cause"]


def test_another_authority(doctor: Doctor, good: Config, tmp_path: Path) -> None:
    certificate, _ = self_signed(tmp_path, 30)
    row = doctor(cluster(good, **{"certificate-authority": str(certificate)}))
    assert "CERTIFICATE_VERIFY_FAILED" in row["cause"]
    assert "certificate-authority is not the one of this server" in row["remedy"]


@pytest.mark.parametrize(
    ("url", "cause", "remedy"),
    [
        ("https://127.0.0.1:1", "Connection refused", "is the cluster running"),
        ("https://nowhere.invalid:6443", "", "correct the server's name"),
        ("{plain}", "HTTP request to an HTTPS server", "write https://"),
    ],
)
def test_a_server_that_is_not_there(doctor: Doctor, good: Config, url: str, cause: str, remedy: str) -> None:
    plain = good["clusters"][0]["cluster"]["server"].replace("https://", "http://")
    row = doctor(cluster(good, server=url.format(plain=plain)))
    assert cause in row["cause"]
    assert remedy in row["remedy"]


class Quiet(BaseHTTPRequestHandler):
    """Answers nothing: the handshake is all that matters."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def listening(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """(URL, certificate) of a server whose certificate ends in the given days; 0 for one without TLS."""
    certificate, key = self_signed(tmp_path, request.param or 1)
    found = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    if request.param:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        found.socket = context.wrap_socket(found.socket, server_side=True)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield f"https://localhost:{found.server_port}", certificate
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("listening", "says", "remedy"),
    [
        (-5, "certificate has expired", "the server's certificate ended"),
        (0, "SSL", "no TLS is spoken there"),
    ],
    indirect=["listening"],
)
def test_a_server_with_a_certificate_that_ended_or_none(
    doctor: Doctor, good: Config, listening: tuple[str, Path], says: str, remedy: str
) -> None:
    url, certificate = listening
    row = doctor(cluster(good, server=url, **{"certificate-authority": str(certificate)}))
    assert says in row["cause"]
    assert remedy in row["remedy"]
