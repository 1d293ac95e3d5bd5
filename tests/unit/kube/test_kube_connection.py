"""Who asks, whom is believed, and what cannot be used: one sentence each, before anything is sent."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.errors import SlipwayError
from slipway.kube.connection import Connection, connect
from slipway.kube.kubeconfig import choose

VERSION = "client.authentication.k8s.io/v1"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key."""
    place = tmp_path_factory.mktemp("pair")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    files = ["-keyout", str(place / "key.pem"), "-out", str(place / "cert.pem")]
    subprocess.run([*words, *files], check=True, capture_output=True)
    return place / "cert.pem", place / "key.pem"


def made(place: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Connection:
    document = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = place / "config"
    path.write_text(yaml.safe_dump(document))
    return connect(choose(path))


def sent(connection: Connection) -> list[tuple[str, str]]:
    return sorted(connection.authorize({}).items())


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


HTTP = {"server": "http://192.0.2.1"}


@pytest.mark.parametrize(
    ("user", "headers"),
    [
        ({}, []),
        ({"token": "t"}, [("Authorization", "Bearer t")]),
        ({"token": " t\n"}, [("Authorization", "Bearer t")]),
        ({"username": "a", "password": "b"}, [("Authorization", "Basic YTpi")]),
        (
            {"token": "t", "as": "mate", "as-groups": ["a", "b"], "as-uid": "7", "as-user-extra": {"Why/for": ["x"]}},
            [
                ("Authorization", "Bearer t"),
                ("Impersonate-Extra-why%2Ffor", "x"),
                ("Impersonate-Group", "a"),
                ("Impersonate-Group", "b"),
                ("Impersonate-Uid", "7"),
                ("Impersonate-User", "mate"),
            ],
        ),
    ],
)
def test_who_asks(tmp_path: Path, user: dict[str, Any], headers: list[tuple[str, str]]) -> None:
    connection = made(tmp_path, HTTP, user)
    assert sent(connection) == headers
    assert sorted(connection.authorize({}).copy().items()) == headers


def test_a_token_in_a_file_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    connection = made(tmp_path, HTTP, {"tokenFile": "token"})
    assert sent(connection) == [("Authorization", "Bearer first")]
    (tmp_path / "token").write_text("second\n")
    assert sent(connection) == [("Authorization", "Bearer second")]


def test_a_client_certificate(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    cert, key = (base64.b64encode(path.read_bytes()).decode() for path in pair)
    cluster = {"server": "https://example.com/", "certificate-authority-data": cert, "tls-server-name": "inside"}
    connection = made(tmp_path, cluster, {"client-certificate-data": cert, "client-key-data": key})
    assert connection.host == "https://example.com"
    assert connection.transport is not None
    assert sent(connection) == []


@pytest.mark.parametrize(
    ("cluster", "user", "words"),
    [
        ({}, {}, "the server is ''"),
        ({"server": "192.0.2.1:6443"}, {}, "the server is '192.0.2.1:6443'"),
        ({"server": "ftp://192.0.2.1"}, {}, "the server is 'ftp"),
        (HTTP, {"token": "a b"}, "the token has blanks"),
        (HTTP, {"token": "a\nb"}, "the token has blanks"),
        (HTTP, {"token": "tök"}, "the token has blanks"),
        (HTTP, {"tokenFile": "none"}, "tokenFile .*none: No such file"),
        (HTTP, {"auth-provider": {"name": "gcp"}}, "auth-provider gcp: Kubernetes has replaced"),
        (HTTP, {"new-way": "x"}, "new-way: nobody here knows"),
        (HTTP, {"as-groups": ["a"]}, "without as"),
        (HTTP, {"token": "t", "exec": {"command": "x", "apiVersion": VERSION}}, "exec is given beside"),
        ({"server": "https://h", "certificate-authority-data": "?"}, {}, "certificate-authority"),
        ({"server": "https://h", "certificate-authority-data": "cnViYmlzaA=="}, {}, "holds no certificates"),
        ({"server": "https://h", "certificate-authority": "none"}, {}, "certificate-authority .*none: No such file"),
        ({"server": "https://h"}, {"client-certificate-data": "cnViYmlzaA=="}, "given without client-key"),
        ({"server": "https://h"}, {"client-key-data": "cnViYmlzaA=="}, "given without client-certificate"),
        (
            {"server": "https://h"},
            {"client-certificate-data": "cnViYmlzaA==", "client-key-data": "cnViYmlzaA=="},
            "cannot be read",
        ),
    ],
)
def test_what_cannot_be_used_is_told(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], words: str) -> None:
    with pytest.raises(SlipwayError, match=words) as caught:
        made(tmp_path, cluster, user)
    assert str(tmp_path / "config") in caught.value.where
    assert caught.value.remedy
    assert caught.value.exit_code == 2


def test_a_key_of_another_certificate(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    other = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True).stdout
    cert, key = (base64.b64encode(part).decode() for part in (pair[0].read_bytes(), other))
    with pytest.raises(SlipwayError, match="the key is another certificate's"):
        made(tmp_path, {"server": "https://h"}, {"client-certificate-data": cert, "client-key-data": key})


def test_certificates_are_believed_or_not_never_both(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    cluster = {"server": "https://h", "insecure-skip-tls-verify": True, "certificate-authority": str(pair[0])}
    with pytest.raises(SlipwayError, match="are said both"):
        made(tmp_path, cluster, {})


class Program:
    """A credential plugin that counts its runs."""

    def __init__(self, place: Path, answer: str, code: int = 0) -> None:
        self.place, self.path = place, place / "login"
        (place / "answer").write_text(answer)
        self.path.write_text(
            f'#!/bin/sh\necho run >>"{place}/runs"\nprintf %s "$KUBERNETES_EXEC_INFO" >"{place}/info"\n'
            f'printf %s "$MORE" >"{place}/more"\necho "no luck today" >&2\ncat "{place}/answer"\nexit {code}\n'
        )
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    def user(self, **more: Any) -> dict[str, Any]:
        return {"exec": {"apiVersion": VERSION, "command": str(self.path), "interactiveMode": "Never", **more}}

    @property
    def runs(self) -> int:
        runs = self.place / "runs"
        return len(runs.read_text().split()) if runs.exists() else 0


def answer(seconds: float | None = None, version: str = VERSION, **status: str) -> str:
    if seconds is not None:
        status["expirationTimestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    return json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status or {"token": "t"}})


@pytest.mark.parametrize("seconds", [None, 60, 4 * 60, 3600])
def test_a_plugin_runs_once(tmp_path: Path, seconds: float | None) -> None:
    program = Program(tmp_path, answer(seconds, token="t"))
    connection = made(tmp_path, HTTP, program.user())
    assert program.runs == 0
    assert [sent(connection) for _ in range(50)] == [[("Authorization", "Bearer t")]] * 50
    assert program.runs == 1


def test_what_has_expired_is_asked_for_again_and_what_was_refused(tmp_path: Path) -> None:
    program = Program(tmp_path, answer(1.5, token="t"))
    connection = made(tmp_path, HTTP, program.user())
    sent(connection)
    time.sleep(2)
    (tmp_path / "answer").write_text(answer(3600, token="new"))
    assert sent(connection) == [("Authorization", "Bearer new")]
    assert program.runs == 2
    assert connection.renew()
    sent(connection)
    assert program.runs == 3


def test_a_plugin_is_told_what_it_asks_for(tmp_path: Path) -> None:
    program = Program(tmp_path, answer())
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "a"}}
    cluster = {"server": "http://192.0.2.1", "tls-server-name": "inside", "extensions": [extension]}
    sent(made(tmp_path, cluster, program.user(provideClusterInfo=True, env=[{"name": "MORE", "value": "more"}])))
    info = json.loads((tmp_path / "info").read_text())
    assert (info["kind"], info["apiVersion"], info["spec"]["interactive"]) == ("ExecCredential", VERSION, False)
    assert info["spec"]["cluster"] == {
        "server": "http://192.0.2.1",
        "tls-server-name": "inside",
        "config": {"audience": "a"},
    }
    assert (tmp_path / "more").read_text() == "more"


def test_a_plugin_gives_a_certificate(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    cert, key = (path.read_text() for path in pair)
    program = Program(tmp_path, answer(clientCertificateData=cert, clientKeyData=key))
    connection = made(tmp_path, {"server": "https://h"}, program.user())
    first = connection.transport
    assert first is connection.transport is not None
    assert sent(connection) == []
    assert program.runs == 1


@pytest.mark.parametrize(
    ("text", "code", "more", "words"),
    [
        (answer(), 3, {}, "ended with exit code 3"),
        ("no JSON", 0, {}, "printed no ExecCredential"),
        (answer(version="client.authentication.k8s.io/v1beta1"), 0, {}, "printed no ExecCredential"),
        (answer(-60, token="t"), 0, {}, "has expired already"),
        (answer(clientCertificateData="x"), 0, {}, "neither a token nor a certificate with its key"),
        (answer(token="a\nb"), 0, {}, "the token has blanks"),
        (answer(), 0, {"command": "/no/such-program"}, "cannot be run: No such file"),
        (answer(), 0, {"apiVersion": "client.authentication.k8s.io/v1alpha1"}, "apiVersion client.*v1alpha1"),
        (answer(), 0, {"interactiveMode": "Always"}, "wants to ask at a terminal"),
    ],
)
def test_a_plugin_that_gives_nothing_ends_it(
    tmp_path: Path, text: str, code: int, more: dict[str, Any], words: str
) -> None:
    """Nobody goes on without: as nobody, much may still be allowed, and what is refused has a wrong reason."""
    program = Program(tmp_path, text, code)
    connection = made(tmp_path, HTTP, program.user(installHint="apt install login", **more))
    with pytest.raises(SlipwayError, match=words) as caught:
        connection.authorize({})
    if "exit code" in words:
        assert "no luck today" in str(caught.value)
    if "cannot be run" in words:
        assert "apt install login" in str(caught.value)
