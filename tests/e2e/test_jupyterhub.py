"""JupyterHub: who gets in, what they may do, and that state survives a restart of the hub."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slipway.errors import SlipwayError
from slipway.kube import Client, Ref
from slipway.readiness.probes.hubclient import HubClient

SERVER = "e2e"


def _secret(kube: Client, key: str) -> str:
    secret = kube.get("v1", "Secret", "hub-secrets", "jupyterhub")
    assert secret is not None
    return base64.b64decode(secret["data"][key]).decode()


@pytest.mark.parametrize("password", ["", "admin", "x" * 40])
def test_wrong_passwords_are_refused(gateway: str, password: str) -> None:
    assert not HubClient(gateway, "admin").login(password)


def test_a_user_has_no_admins_password_and_no_admins_rights(kube: Client, gateway: str) -> None:
    user_password = _secret(kube, "user_password")
    assert not HubClient(gateway, "admin").login(user_password)
    scientist = HubClient(gateway, "scientist")
    assert scientist.login(user_password)
    scientist.make_token()
    with pytest.raises(SlipwayError, match="HTTP 403"):
        scientist.api("GET", "/hub/api/users")


def test_an_unknown_user_is_refused(kube: Client, gateway: str) -> None:
    assert not HubClient(gateway, "nobody-invited").login(_secret(kube, "user_password"))


@pytest.fixture
def server(kube: Client, gateway: str) -> Iterator[HubClient]:
    """A running notebook server of the user scientist."""
    hub = HubClient(gateway, "scientist")
    assert hub.login(_secret(kube, "user_password"))
    hub.make_token()
    hub.start_server(SERVER, time.monotonic() + 150)
    yield hub
    hub.stop_server(SERVER)


def test_a_server_outlives_the_hub(kube: Client, server: HubClient, eventually: Callable[..., Any]) -> None:
    assert server.run_cell(SERVER, "print(6 * 7)", 60).strip() == "42"
    (hub_pod,) = kube.objects("v1", "Pod", "jupyterhub", labels="app.kubernetes.io/component=hub")
    kube.delete(Ref("v1", "Pod", "jupyterhub", hub_pod["metadata"]["name"]))

    def replaced() -> bool:
        pods = kube.objects("v1", "Pod", "jupyterhub", labels="app.kubernetes.io/component=hub")
        return len(pods) == 1 and pods[0]["metadata"]["uid"] != hub_pod["metadata"]["uid"]

    eventually(replaced, timeout=60, what="a new hub pod")
    # The user's token, and the server with its kernel, are as before.
    known = eventually(
        lambda: server.api("GET", "/hub/api/users/scientist")["servers"].get(SERVER, {}).get("ready"),
        timeout=120,
        what="the hub knowing the server again",
    )
    assert known
    assert server.run_cell(SERVER, "print(6 * 7)", 60).strip() == "42"
