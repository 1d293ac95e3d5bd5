"""Requests to the API server: who asks, what is asked, and what an answer that is none becomes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import kopf
import pytest
from slipway_controller import events
from slipway_controller.api import Api, ApiError, path_of
from slipway_controller.connection import connection

THING = {
    "apiVersion": "example.com/v1",
    "kind": "Thing",
    "metadata": {"name": "one", "namespace": "team", "uid": "u", "resourceVersion": "7"},
}


def asked(server: Any, *steps: Any) -> Any:
    """Do each step (a coroutine of the Api) while the server is there; the last one's result."""

    async def story() -> Any:
        api, found = Api("tester", server.connect), None
        async with server.there():
            try:
                for step in steps:
                    found = await step(api)
            finally:
                await api.close()
        return found

    return asyncio.run(story())


def test_paths() -> None:
    assert path_of("v1", "Pod", "ns", "p", "log") == "/api/v1/namespaces/ns/pods/p/log"
    assert path_of("kubeflow.org/v1beta1", "Trial", "ns") == "/apis/kubeflow.org/v1beta1/namespaces/ns/trials"
    assert path_of("kubeflow.org/v1", "PyTorchJob", "ns", "j") == "/apis/kubeflow.org/v1/namespaces/ns/pytorchjobs/j"


def test_the_server_is_found_without_dns_and_the_token_is_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("first\n")
    for host, server in (("10.0.0.1", "https://10.0.0.1:6443"), ("fd00::1", "https://[fd00::1]:6443")):
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
        assert connection(tmp_path).server == server
    assert connection(tmp_path).as_http_headers() == {"Authorization": "Bearer first"}
    (tmp_path / "token").write_text("second\n")
    assert connection(tmp_path).as_http_headers() == {"Authorization": "Bearer second"}


def test_without_a_service_account_and_a_kubeconfig_there_is_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(kopf.PermanentError, match="no kubeconfig"):
        connection(tmp_path)


def test_a_renewed_token_is_used_at_once(server: Any) -> None:
    async def get(api: Api) -> Any:
        return await api.get("example.com/v1", "Thing", "team", "one")

    async def renew(api: Api) -> None:
        server.renew("second")

    assert asked(server, get, renew, get) == THING
    assert [token for _, _, token, _ in server.asked] == ["first", "second"]


def test_a_server_that_is_away_is_an_error_of_status_0_and_asked_again_it_answers(server: Any) -> None:
    async def story() -> Any:
        await server.away()
        api = Api("tester", server.connect)
        with pytest.raises(ApiError, match="no answer") as error:
            await api.get("example.com/v1", "Thing", "team", "one")
        assert error.value.status == 0
        async with server.there():
            found = await api.get("example.com/v1", "Thing", "team", "one")
            await api.close()
        return found

    assert asyncio.run(story()) == THING


def test_a_token_that_cannot_be_read_is_an_error_of_the_same_kind(server: Any) -> None:
    (server.folder / "token").unlink()
    with pytest.raises(ApiError) as error:
        asked(server, lambda api: api.list("example.com/v1", "Thing", "team", ""))
    assert error.value.status == 0


def test_what_is_not_there_is_none_and_any_other_no_is_raised_with_the_servers_words(server: Any) -> None:
    assert asked(server, lambda api: api.get("example.com/v1", "Thing", "team", "two")) is None
    with pytest.raises(ApiError, match=r"404 /api/v1/things not found"):
        asked(server, lambda api: api.request("GET", "/api/v1/things"))


def test_lists_say_what_their_items_are_and_a_whole_listing_of_which_version_it_is(server: Any) -> None:
    assert asked(server, lambda api: api.list("example.com/v1", "Thing", "team", "a=b")) == [THING]
    assert server.asked[-1][3] == {"labelSelector": "a=b"}
    assert asked(server, lambda api: api.listing("/apis/example.com/v1/things"))[1] == 7


def test_writes_say_of_which_version_and_as_whom_they_are(server: Any) -> None:
    change: Any = {"metadata": {"finalizers": []}}
    asked(
        server,
        lambda api: api.patch(THING, change),
        lambda api: api.delete(THING, foreground=True),
        lambda api: api.apply(THING, dry_run=True),
    )
    patch, delete, apply = server.bodies
    assert patch == {"metadata": {"finalizers": [], "resourceVersion": "7"}}
    assert delete == {"propagationPolicy": "Foreground", "preconditions": {"uid": "u"}}
    assert apply == THING
    assert server.asked[-1][3]["fieldManager"] == "tester"
    assert server.asked[-1][3]["dryRun"] == "All"


@pytest.mark.parametrize(
    ("status", "text", "invalid"),
    [
        (422, "", True),
        (400, "", True),
        (500, "failed to create typed patch object", True),
        (500, "etcd", False),
        (0, "", False),
    ],
)
def test_whose_fault_a_refusal_is(status: int, text: str, invalid: bool) -> None:
    assert ApiError(status, text).invalid is invalid


def test_an_event_names_its_object_and_one_that_is_refused_is_only_logged(
    server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = {**THING, "metadata": {"name": "one", "namespace": "gone"}}
    for about in (THING, elsewhere):
        asked(server, lambda api, about=about: events.post(api, about, "Bad", "x" * 2000, component="c", now="t"))
    body = server.bodies[0]
    assert body["involvedObject"] == {
        "apiVersion": "example.com/v1",
        "kind": "Thing",
        "name": "one",
        "namespace": "team",
        "uid": "u",
    }
    assert (len(body["message"]), body["type"]) == (1000, "Normal")
    assert "no Event Bad about one" in caplog.text
