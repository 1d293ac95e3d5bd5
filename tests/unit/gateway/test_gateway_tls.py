"""TLS through a real Envoy, with certificates as the installation makes them."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slipway import certificates
from slipway_controller import reader
from slipway_gateway import bootstrap
from slipway_gateway.controller import envoy_binary
from slipway_gateway.tls import Tls, from_environment

NOW = datetime.datetime.now(datetime.UTC)
AUTHORITY = certificates.authority("test", NOW)
ENVIRONMENT = {"GATEWAY_TLS": "true", "GATEWAY_TLS_MIN_VERSION": "v1.2", "GATEWAY_CLEARTEXT": "Redirect"}


def mount(directory: Path, *names: str) -> dict[str, str]:
    """A certificate in a directory, as the kubelet mounts a Secret: renewed by one rename."""
    made = certificates.issue(AUTHORITY, names, NOW)
    content = directory / f"..{time.monotonic_ns()}"
    content.mkdir(parents=True)
    for key in ("tls.crt", "tls.key"):
        (content / key).write_text(made[key])
        if not (directory / key).is_symlink():
            (directory / key).symlink_to(f"..data/{key}")
    (directory / "..new").symlink_to(content.name)
    (directory / "..new").rename(directory / "..data")
    return made


@pytest.fixture
def secure(new_edge: Any, upstream: Any, tmp_path: Path) -> Callable[..., tuple[Any, Tls]]:
    """``secure(cleartext="Route")`` → an Envoy with the Mapping /a/ and its TLS; the certificate is for localhost."""

    def start(**given: Any) -> tuple[Any, Tls]:
        mount(tmp_path / "certificate", "localhost", "127.0.0.1")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        tls = Tls(**{"directory": str(tmp_path / "certificate"), "port": port, "redirect_port": port, **given})
        edge = new_edge(tls)
        edge.service("web", upstream("web"))
        edge.serve(m={"prefix": "/a/"})
        return edge, tls

    return start


def context(authority: str = AUTHORITY["tls.crt"]) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority)


def get(tls: Tls, host: str = "localhost", believed: ssl.SSLContext | None = None) -> tuple[int, str]:
    connection = http.client.HTTPSConnection(host, tls.port, timeout=10, context=believed or context())
    try:
        connection.request("GET", "/a/x")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_tls_answers_who_trusts_its_authority_and_nobody_else_believes_it(secure: Any) -> None:
    _, tls = secure()
    for host in ("localhost", "127.0.0.1"):
        status, text = get(tls, host)
        assert status == 200 and '"path": "/x"' in text and '"x-forwarded-proto": "https"' in text
    other = certificates.authority("other", NOW)["tls.crt"]
    for believed in (ssl.create_default_context(), context(other)):
        with pytest.raises(ssl.SSLCertVerificationError):
            get(tls, believed=believed)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
@pytest.mark.parametrize(("minimum", "version"), [("v1.2", "TLSv1_1"), ("v1.3", "TLSv1_2")])
def test_older_versions_of_tls_are_refused(secure: Any, minimum: str, version: str) -> None:
    _, tls = secure(minimum=minimum)
    old = context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
        get(tls, believed=old)
    assert get(tls)[0] == 200


def test_requests_without_tls_are_sent_to_it_with_their_method(secure: Any) -> None:
    edge, tls = secure()
    for method in ("GET", "POST"):
        answer = edge.get("/a/x?y=z", method, Host="example.org:8080")
        assert (answer.status, answer.headers["location"]) == (307, f"https://example.org:{tls.redirect_port}/a/x?y=z")
    assert edge.get("/ambassador/v0/check_alive").status == 200


def test_a_redirect_to_the_usual_port_names_none(secure: Any) -> None:
    edge, _ = secure(redirect_port=443)
    assert edge.get("/a/", Host="example.org").headers["location"] == "https://example.org/a/"


@pytest.mark.parametrize(("cleartext", "status"), [("Reject", 403), ("Route", 200)])
def test_what_becomes_of_requests_without_tls(secure: Any, cleartext: str, status: int) -> None:
    edge, tls = secure(cleartext=cleartext)
    assert edge.get("/a/").status == status
    assert get(tls)[0] == 200


def test_a_renewed_certificate_is_shown_without_a_restart(secure: Any) -> None:
    edge, tls = secure()
    mount(Path(tls.directory), "localhost", "renewed.example.org")
    believed, end = context(), time.monotonic() + 20
    while True:
        with socket.create_connection(("127.0.0.1", tls.port), timeout=10) as plain:
            try:
                with believed.wrap_socket(plain, server_hostname="renewed.example.org"):
                    break
            except ssl.SSLCertVerificationError:
                assert time.monotonic() < end
        time.sleep(0.1)
    assert edge.process.poll() is None and get(tls)[0] == 200


def test_the_pods_environment_says_it_all() -> None:
    assert from_environment({}) is None
    assert from_environment(ENVIRONMENT) == Tls()
    assert from_environment({**ENVIRONMENT, "GATEWAY_REDIRECT_PORT": "30443"}) == Tls(redirect_port=30443)


def initialised(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The init container, and then Envoy's opinion of what it wrote."""
    sources = os.pathsep.join(str(Path(str(module.__file__)).parents[1]) for module in (bootstrap, reader))
    found = {**os.environ, "PYTHONPATH": sources, "GATEWAY_CONFIG": str(directory)}
    words = [sys.executable, "-m", "slipway_gateway", "init"]
    done = subprocess.run(words, env={**found, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        return done
    words = [envoy_binary(), "--mode", "validate", "-c", str(directory / bootstrap.BOOTSTRAP_FILE)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_init_container_writes_what_envoy_takes(tmp_path: Path) -> None:
    done = initialised(tmp_path, **ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    listeners = json.loads((tmp_path / "listeners.json").read_text())["resources"]
    assert [item["address"]["socket_address"]["port_value"] for item in listeners] == [8080, 8443]
    assert "/certificate/tls.key" in (tmp_path / "certificate.json").read_text()
    assert initialised(tmp_path, **{**ENVIRONMENT, "GATEWAY_CLEARTEXT": "route"}).returncode == 1


@pytest.mark.parametrize("wrong", [{"GATEWAY_CLEARTEXT": "route"}, {"GATEWAY_TLS_MIN_VERSION": "v1.1"}])
def test_a_word_that_nobody_knows_lets_nothing_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        from_environment({**ENVIRONMENT, **wrong})
