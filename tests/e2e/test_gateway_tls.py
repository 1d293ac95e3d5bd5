"""TLS at the gateway of the running cluster: on by the setting alone, what clients see, and off again."""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slipway.kube import Client
from slipway.paths import KUBECONFIG

#: Which cluster and overlay the command writes to; by its variable the cluster is known as this machine's own.
WHERE = ("--overlay", "embedded")
CLUSTER = os.environ.get("KUBECONFIG") or str(KUBECONFIG)
ON = ("--set", "components.gateway.settings.tls=generated")
PORT = 30443
Eventually = Callable[..., Any]


def well(done: Any) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def secure(slipway: Any) -> Iterator[None]:
    """The gateway with a generated certificate; without TLS again at the end."""
    try:
        well(slipway("install", "gateway", *WHERE, *ON, timeout=400, KUBECONFIG=CLUSTER))
        yield
    finally:
        well(slipway("install", "gateway", *WHERE, timeout=400, KUBECONFIG=CLUSTER))


@pytest.fixture(scope="module")
def authority(kube: Client, secure: None) -> str:
    """As docs/gateway.md says how to get it."""
    secret = kube.get("v1", "Secret", "gateway-generated", "ambassador")
    assert secret is not None
    return base64.b64decode(secret["data"]["ca.crt"]).decode()


def test_tls_answers_who_trusts_the_authority(node_ip: str, authority: str) -> None:
    believed = ssl.create_default_context(cadata=authority)
    url = f"https://{node_ip}:{PORT}/ambassador/v0/check_ready"
    with urllib.request.urlopen(url, timeout=20, context=believed) as answer:
        assert answer.status == 200 and "is ready" in answer.read().decode()
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(url, timeout=20, context=ssl.create_default_context())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
def test_an_old_version_of_tls_is_refused(node_ip: str, authority: str) -> None:
    old = ssl.create_default_context(cadata=authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    connection = http.client.HTTPSConnection(node_ip, PORT, timeout=20, context=old)
    with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
        connection.request("GET", "/")
    connection.close()


def test_requests_without_tls_are_sent_to_tls(node_ip: str, gateway: str, secure: None) -> None:
    connection = http.client.HTTPConnection(gateway.partition("://")[2], timeout=20)
    connection.request("POST", "/hub/login?next=x", body="password=one")
    answer = connection.getresponse()
    location = answer.getheader("Location")
    connection.close()
    assert (answer.status, location) == (307, f"https://{node_ip}:{PORT}/hub/login?next=x")


def test_our_own_commands_follow(slipway: Any, node_ip: str, secure: None) -> None:
    shown = json.loads(
        well(slipway("open", "jupyterhub", *WHERE, *ON, "--output", "json", timeout=60, KUBECONFIG=CLUSTER))
    )
    assert shown["url"] == f"https://{node_ip}:{PORT}/hub/"
    assert well(slipway("plan", "gateway", *WHERE, *ON, "--detailed-exitcode", timeout=120, KUBECONFIG=CLUSTER))


def test_the_hubs_probe_logs_in_and_runs_a_cell_by_tls(slipway: Any, secure: None) -> None:
    done = slipway("install", "jupyterhub", *WHERE, *ON, "--probe", timeout=400, KUBECONFIG=CLUSTER)
    assert "jupyterhub" in well(done)


def test_turned_off_it_is_as_before(slipway: Any, kube: Client, node_ip: str, gateway: str, eventually: Eventually,
                                    secure: None) -> None:  # fmt: skip
    well(slipway("install", "gateway", *WHERE, timeout=400, KUBECONFIG=CLUSTER))
    service = kube.get("v1", "Service", "ambassador", "ambassador")
    assert service is not None and [port["name"] for port in service["spec"]["ports"]] == ["http"]
    for name in ("gateway-generated", "gateway-authority"):
        assert kube.get("v1", "Secret", name, "ambassador") is None

    def answered() -> bool:
        with urllib.request.urlopen(f"{gateway}/ambassador/v0/check_ready", timeout=10) as answer:
            return bool(answer.status == 200)

    eventually(answered, what="it answers without TLS")
    with pytest.raises(OSError, match="refused"):
        http.client.HTTPSConnection(node_ip, PORT, timeout=10).request("GET", "/")
