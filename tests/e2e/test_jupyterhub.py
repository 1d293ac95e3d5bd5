"""JupyterHub: who gets in, what they may do, and that state survives a restart of the hub."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from slipway.errors import SlipwayError
from slipway.hub import users
from slipway.kube import Client, Ref
from slipway.progress import Reporter
from slipway.readiness.probes.hubclient import HubClient

SERVER = "e2e"
PEOPLE = ("e2e-mate", "e2e-cook")


def _secret(kube: Client, key: str) -> str:
    secret = kube.get("v1", "Secret", "hub-secrets", "jupyterhub")
    assert secret is not None
    return base64.b64decode(secret["data"][key]).decode()


@pytest.mark.parametrize("password", ["", "admin", "x" * 40])
def test_wrong_passwords_are_refused(gateway: str, password: str) -> None:
    assert not HubClient(gateway, "admin").login(password)


@pytest.fixture(scope="module")
def people(kube: Client) -> Iterator[dict[str, str]]:
    """Two users, each with a password of his own: name → password."""
    yield {name: users.add(kube, name) for name in PEOPLE}
    for name in PEOPLE:
        users.remove(kube, name)


def test_a_password_is_one_users_alone(kube: Client, gateway: str, people: dict[str, str]) -> None:
    one, other = PEOPLE
    assert people[one] != people[other]
    assert HubClient(gateway, one).login(people[one])
    for name in (other, "admin", "scientist", "nobody-invited"):
        assert not HubClient(gateway, name).login(people[one]), name
    assert not HubClient(gateway, one).login(_secret(kube, "admin_password"))


def test_a_user_has_no_admins_rights(gateway: str, people: dict[str, str]) -> None:
    one, other = PEOPLE
    hub = HubClient(gateway, one)
    assert hub.login(people[one])
    hub.make_token()
    for method, path in (
        ("GET", "/hub/api/users"),
        ("GET", f"/hub/api/users/{other}"),
        ("POST", f"/hub/api/users/{other}/server"),
        ("POST", f"/hub/api/users/{other}/tokens"),
        ("GET", "/hub/api/slipway/passwords"),
        ("PUT", f"/hub/api/slipway/passwords/{other}"),
        ("DELETE", f"/hub/api/slipway/passwords/{other}"),
    ):
        with pytest.raises(SlipwayError, match=r"HTTP 40[34]"):
            hub.api(method, path, {"password": "another-one-12"})
    assert HubClient(gateway, other).login(people[other])


def test_a_user_changes_his_password(kube: Client, gateway: str, people: dict[str, str]) -> None:
    name = PEOPLE[1]
    hub = HubClient(gateway, name)
    assert hub.login(people[name])
    assert "present password is another one" in hub.change_password("not-his-password", "a-new-one-1234")
    assert "10 to 512 characters" in hub.change_password(people[name], "short")
    assert "has been changed" in hub.change_password(people[name], "a-new-one-1234")
    assert not HubClient(gateway, name).login(people[name])
    assert HubClient(gateway, name).login("a-new-one-1234")
    # Forgotten: an admin gives a new one, and the old one counts no more.
    again = users.reset(kube, name, Reporter("plain", StringIO()))
    assert not HubClient(gateway, name).login("a-new-one-1234")
    assert HubClient(gateway, name).login(again)
    people[name] = again


def test_who_guesses_waits(gateway: str, people: dict[str, str]) -> None:
    name = PEOPLE[1]
    for number in range(6):
        with suppress(SlipwayError):
            assert not HubClient(gateway, name).login(f"guess-{number}-{number}")
    # Also the right one is not looked at now.
    assert not HubClient(gateway, name).login(people[name])


def test_users_on_the_command_line(slipway: Callable[..., Any], gateway: str) -> None:
    added = slipway("users", "add", "e2e-boatswain")
    assert added.returncode == 0, added.stderr
    password = added.stdout.strip()
    assert password not in added.stderr
    try:
        assert HubClient(gateway, "e2e-boatswain").login(password)
        assert slipway("users", "add", "e2e-boatswain").returncode == 2
        listed = slipway("users", "list", "--output", "json")
        (found,) = (user for user in json.loads(listed.stdout) if user["name"] == "e2e-boatswain")
        assert (found["admin"], bool(found["password"])) == (False, True)
        assert password not in listed.stdout
    finally:
        assert slipway("users", "remove", "e2e-boatswain").returncode == 0
    assert not HubClient(gateway, "e2e-boatswain").login(password)
    for words in (("reset", "e2e-nobody"), ("remove", "admin"), ("add", "no/name at all")):
        assert slipway("users", *words).returncode == 2, words


@pytest.fixture
def server(gateway: str, people: dict[str, str]) -> Iterator[HubClient]:
    """A running notebook server of the first user."""
    hub = HubClient(gateway, PEOPLE[0])
    assert hub.login(people[PEOPLE[0]])
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
        lambda: server.api("GET", f"/hub/api/users/{PEOPLE[0]}")["servers"].get(SERVER, {}).get("ready"),
        timeout=120,
        what="the hub knowing the server again",
    )
    assert known
    assert server.run_cell(SERVER, "print(6 * 7)", 60).strip() == "42"
