"""AuthService through a real Envoy, with a real service that is asked over HTTP and gRPC."""

from __future__ import annotations

from typing import Any

import pytest
from slipway_gateway.model import INACTIVE, RUNNING, Document, Source

A = {"prefix": "/a/"}


def auth(name: str = "door", **spec: Any) -> Document:
    return Document(Source("AuthService", "team", name), name, "team", {"auth_service": "door", **spec})


def test_who_has_the_word_comes_in_and_nobody_else(edge: Any, door: Any) -> None:
    edge.serve(auth(proto="http", path_prefix="/extauth"), m=A)
    refused = edge.get("/a/x?q=1")
    assert (refused.status, refused.text, refused.headers["location"]) == (401, "who are you?", "/login")
    assert door.seen[-1][:2] == ("GET", "/extauth/a/x?q=1")
    allowed = edge.get("/a/x", Authorization="open sesame", X_Trace="7")
    assert allowed.asked["path"] == "/x"
    assert "x-trace" not in door.seen[-1][2]
    assert "x-user" not in allowed.asked["headers"]


def test_headers_go_as_far_as_they_are_allowed(edge: Any, door: Any) -> None:
    fields: dict[str, Any] = {
        "allowed_request_headers": ["X-Trace"],
        "allowed_authorization_headers": ["X-User"],
        "add_auth_headers": {"x-gate": "front"},
        "add_linkerd_headers": True,
    }
    edge.serve(auth(**fields), m=A)
    asked = edge.get("/a/", Authorization="open sesame", X_Trace="7", X_User="eve").asked
    assert asked["headers"]["x-user"] == "ann"
    assert "x-hidden" not in asked["headers"]
    _, _, headers, _ = door.seen[-1]
    assert (headers["x-trace"], headers["x-gate"], headers["l5d-dst-override"]) == ("7", "front", "door.team:80")


@pytest.mark.parametrize(
    ("fields", "sent", "arrives"),
    [
        ({}, "word", b""),
        ({"include_body": {"max_bytes": 4, "allow_partial": True}}, "words", b"word"),
        ({"include_body": {"max_bytes": 9, "allow_partial": False}}, "words", b"words"),
        ({"allow_request_body": True}, "words", b"words"),
    ],
)
def test_the_body_is_shown_if_wanted(edge: Any, door: Any, fields: Any, sent: str, arrives: bytes) -> None:
    edge.serve(auth(**fields), m=A)
    asked = edge.get("/a/", method="POST", body=sent, Authorization="open sesame").asked
    assert (asked["body"], door.seen[-1][3]) == (sent, arrives)


def test_a_mapping_may_be_for_everybody(edge: Any, door: Any) -> None:
    redirect = {"prefix": "/r/", "service": "new.org", "host_redirect": True}
    edge.serve(auth(), m=A, free={"prefix": "/f/", "bypass_auth": True}, away=redirect)
    assert (edge.get("/f/").status, edge.get("/r/").status, edge.get("/a/").status) == (200, 301, 401)
    assert edge.get("/ambassador/v0/check_ready").status == 200
    assert [path for _, path, _, _ in door.seen] == ["/a/"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 403), ({"status_on_error": {"code": 503}}, 503), ({"failure_mode_allow": True}, 200)],
)
@pytest.mark.parametrize("service", ["nobody", "nope.workbench:3000"])
def test_without_an_answer_nobody_comes_in_unless_that_is_wanted(
    edge: Any, service: str, fields: Any, status: int
) -> None:
    edge.service("nobody")
    given = auth(auth_service=service, path_prefix="/extauth", proto="http", **fields)
    edge.serve(given, m=A)
    assert edge.get("/a/", Authorization="open sesame").status == status


def test_when_it_goes_everybody_comes_in_again(edge: Any, door: Any) -> None:
    edge.serve(auth(), m=A)
    assert edge.get("/a/").status == 401
    edge.serve(m=A)
    assert edge.get("/a/").status == 200


def test_over_grpc(edge: Any, grpc_door: Any) -> None:
    told = {"auth_context_extensions": {"realm": "blue"}}
    edge.serve(auth(proto="grpc", protocol_version="v3"), m=A, n={"prefix": "/n/", **told})
    assert edge.get("/a/x", Authorization="no").status == 403
    assert edge.get("/a/x", Authorization="open sesame").status == 200
    assert edge.get("/n/", Authorization="open sesame").status == 200
    _, path, _, body = grpc_door.seen[-1]
    assert path == "/envoy.service.auth.v3.Authorization/Check"
    assert b"realm" in body and b"blue" in body
    assert b"realm" not in grpc_door.seen[0][3]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"auth_service": "ftp://door"}, "the scheme ftp is not supported"),
        ({"proto": "smtp"}, "'smtp' is none of grpc, http"),
        ({"proto": "grpc"}, "protocol_version: v3 is needed"),
        ({"tls": "context"}, "tls: "),
        ({"timeout": 7}, "timeout: is not known"),
        ({"path_prefix": "x"}, "path_prefix: begins with /"),
        ({"status_on_error": {"code": 200}}, "status_on_error.code"),
    ],
)
def test_one_that_cannot_be_in_force_lets_nobody_in(edge: Any, spec: Any, reason: str) -> None:
    compiled = edge.serve(auth(**spec), m=A, free={"prefix": "/f/", "bypass_auth": True})
    found = compiled.verdicts[Source("AuthService", "team", "door")]
    assert found.state == INACTIVE and reason in found.reason
    assert "AuthService team/door is not in force" in compiled.verdicts[Source("Mapping", "team", "m")].reason
    assert (edge.get("/a/", Authorization="open sesame").status, edge.get("/f/").status) == (404, 200)


def test_what_only_envoy_finds_lets_nobody_in_either(edge: Any, door: Any) -> None:
    compiled = edge.serve(auth(add_auth_headers={"x y": "z\n"}, allowed_request_headers=[""]), m=A)
    state = compiled.verdicts[Source("Mapping", "team", "m")].state
    assert edge.get("/a/").status == (401 if state == RUNNING else 404)


def test_the_first_one_decides(edge: Any, door: Any) -> None:
    compiled = edge.serve(auth("b", auth_service="nobody"), auth("a"), m=A)
    assert "AuthService team/a is in force already" in compiled.verdicts[Source("AuthService", "team", "b")].reason
    assert edge.get("/a/", Authorization="open sesame").status == 200
