"""The usual kubeconfig is read without the official client; all others are left to it."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from slipway.kube import kubeconfig
from slipway.kube.chosen import choose


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key."""
    place = tmp_path_factory.mktemp("pair")
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    files = ["-keyout", str(place / "key.pem"), "-out", str(place / "cert.pem")]
    subprocess.run([*words, *files], check=True, capture_output=True)
    return place / "cert.pem", place / "key.pem"


def write(place: Path, cluster: dict[str, Any], user: dict[str, Any]) -> str:
    document = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path = place / "config"
    path.write_text(yaml.safe_dump(document))
    return str(path)


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_a_token_and_files_beside_the_kubeconfig(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    (tmp_path / "ca.pem").write_bytes(pair[0].read_bytes())
    found = kubeconfig.read(
        choose(
            write(tmp_path, {"server": "https://192.0.2.1:6443/", "certificate-authority": "ca.pem"}, {"token": "t"})
        )
    )
    assert found is not None
    assert (found.host, dict(found.headers)) == ("https://192.0.2.1:6443", {"authorization": "Bearer t"})
    assert found.tls is not None
    assert found.tls.check_hostname
    assert len(found.tls.get_ca_certs()) == 1
    assert "Bearer" not in repr(found)


def test_a_client_certificate_in_the_kubeconfig(tmp_path: Path, pair: tuple[Path, Path]) -> None:
    cert, key = (base64.b64encode(path.read_bytes()).decode() for path in pair)
    cluster = {"server": "https://example.com", "certificate-authority-data": cert, "tls-server-name": "inside"}
    user = {"client-certificate-data": cert, "client-key-data": key}
    found = kubeconfig.read(choose(write(tmp_path, cluster, user)))
    assert found is not None
    assert found.tls is not None
    assert found.name == "inside"
    assert not found.headers


@pytest.mark.parametrize(
    ("cluster", "user"),
    [
        ({"server": "https://192.0.2.1"}, {"token": "t"}),  # the public authorities' certificates
        ({"server": "http://192.0.2.1", "proxy-url": "http://192.0.2.2"}, {"token": "t"}),
        ({"server": "http://192.0.2.1"}, {"exec": {"command": "login"}}),
        ({"server": "http://192.0.2.1"}, {"username": "a", "password": "b"}),
        ({"server": "https://192.0.2.1", "insecure-skip-tls-verify": True}, {"token": "t"}),
        ({}, {"token": "t"}),
    ],
)
def test_the_rest_is_the_official_clients(tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any]) -> None:
    assert kubeconfig.read(choose(write(tmp_path, cluster, user))) is None


def test_a_proxy_is_the_official_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, {"server": "http://192.0.2.1"}, {"token": "t"})
    assert kubeconfig.read(choose(path)) is not None
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.2:3128")
    assert kubeconfig.read(choose(path)) is None
