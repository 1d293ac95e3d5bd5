"""Requests through a real Envoy, with the configuration that Mappings become."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

A: dict[str, Any] = {"prefix": "/a/"}


def test_without_a_mapping_nothing_is_found_and_health_is_told(edge: Any) -> None:
    edge.serve()
    assert edge.get("/a/").status == 404
    assert edge.get("/ambassador/v0/check_alive").text == "Ambassador is alive and well\n"
    assert edge.get("/ambassador/v0/check_ready").text == "Ambassador is ready and waiting\n"


@pytest.mark.parametrize(
    ("spec", "path", "arrives"),
    [
        ({}, "/a/b/c?d=e", "/b/c?d=e"),
        ({}, "/a/", "/"),
        ({"rewrite": ""}, "/a/b", "/a/b"),
        ({"rewrite": "/x/y/"}, "/a/b", "/x/y/b"),
        ({"prefix": "/a"}, "/ab", "/b"),
        ({"prefix": "/A/", "case_sensitive": False}, "/a/b", "/b"),
        ({"prefix": "/a/[0-9]+", "prefix_regex": True, "rewrite": ""}, "/a/42", "/a/42"),
        ({"regex_rewrite": {"pattern": "/a/([0-9]+)/(.*)", "substitution": r"/\2/\1"}}, "/a/42/b?q=1", "/b/42?q=1"),
        ({"prefix": "/a", "prefix_exact": True, "rewrite": "/z"}, "/a?q=1", "/z?q=1"),
    ],
)
def test_paths(edge: Any, spec: Any, path: str, arrives: str) -> None:
    edge.serve(m={**A, **spec})
    assert edge.get(path).asked["path"] == arrives


@pytest.mark.parametrize(
    ("spec", "path", "headers"),
    [
        ({}, "/A/b", {}),
        ({}, "/b", {}),
        ({"prefix": "/a", "prefix_exact": True}, "/a/b", {}),
        ({"prefix": "/a/[0-9]+", "prefix_regex": True}, "/a/42x", {}),
        ({"headers": {"x-a": "1"}}, "/a/", {"x-a": "2"}),
        ({"headers": {"x-a": True}}, "/a/", {}),
        ({"regex_headers": {"x-a": "[0-9]+"}}, "/a/", {"x-a": "1b"}),
        ({"query_parameters": {"q": "1"}}, "/a/?q=2", {}),
        ({"method": "POST"}, "/a/", {}),
        ({"hostname": "a.org"}, "/a/", {"Host": "b.org"}),
        ({"hostname": "*.a.org"}, "/a/", {"Host": "a.org"}),
    ],
)
def test_what_does_not_match_is_not_found(edge: Any, spec: Any, path: str, headers: Any) -> None:
    edge.serve(m={**A, **spec})
    assert edge.get(path, **headers).status == 404


@pytest.mark.parametrize(
    ("spec", "path", "headers"),
    [
        ({"headers": {"x-a": "1"}}, "/a/", {"x-a": "1"}),
        ({"headers": {"x-a": True}}, "/a/", {"x-a": "anything"}),
        ({"regex_headers": {"x-a": "[0-9]+"}}, "/a/", {"x-a": "12"}),
        ({"query_parameters": {"q": "1", "r": True}}, "/a/?r=&q=1", {}),
        ({"hostname": "a.org"}, "/a/", {"Host": "A.org"}),
        ({"hostname": "a.org"}, "/a/", {"Host": "a.org:30080"}),
        ({"hostname": "*.a.org"}, "/a/", {"Host": "x.a.org:1"}),
        ({"host": "[ab]\\.org", "host_regex": True}, "/a/", {"Host": "b.org"}),
    ],
)
def test_what_matches(edge: Any, spec: Any, path: str, headers: Any) -> None:
    edge.serve(m={**A, **spec})
    assert edge.get(path, **headers).status == 200


def test_the_more_specific_mapping_answers(edge: Any, upstream: Any) -> None:
    edge.service("deep", upstream("deep"))
    edge.service("special", upstream("special"))
    edge.serve(
        wide={"prefix": "/"},
        deep={"prefix": "/a/b/", "service": "deep"},
        special={"prefix": "/", "service": "special", "headers": {"x-special": True}},
    )
    assert edge.get("/x").asked["name"] == "web"
    assert edge.get("/a/b/c").asked["name"] == "deep"
    assert edge.get("/x", x_special="1").asked["name"] == "special"


def test_canary_weights(edge: Any, upstream: Any) -> None:
    edge.service("canary", upstream("canary"))
    edge.serve(stable=A, canary={**A, "service": "canary", "weight": 30})
    answers = [edge.get("/a/").asked["name"] for _ in range(300)]
    # 300 throws at 30 %: mean 90, deviation 8; five deviations either way.
    assert 50 <= answers.count("canary") <= 130
    assert answers.count("web") == 300 - answers.count("canary")


def test_weights_below_100_fall_through(edge: Any) -> None:
    edge.serve(some={**A, "weight": 25}, more={**A, "weight": 25})
    statuses = [edge.get("/a/").status for _ in range(100)]
    assert set(statuses) == {200, 404}


@pytest.mark.parametrize("weight", [20, 0])
def test_one_alone_has_everything_whatever_its_weight(edge: Any, weight: int) -> None:
    edge.serve(some={**A, "weight": weight})
    assert {edge.get("/a/").status for _ in range(50)} == {200}


def test_a_service_of_the_cluster_is_told_its_own_host(edge: Any) -> None:
    edge.serve(m={**A, "auto_host_rewrite": True}, n={"prefix": "/n/"})
    assert edge.get("/a/").asked["headers"]["host"] == "web.team"
    assert edge.get("/n/", Host="x.org").asked["headers"]["host"] == "x.org"


def test_a_shadow_gets_copies_and_nobody_sees_its_answers(edge: Any, upstream: Any) -> None:
    shadow = upstream("shadow")
    edge.service("shadow", shadow)
    edge.serve(m=A, s={**A, "service": "shadow", "shadow": True})
    assert {edge.get("/a/").asked["name"] for _ in range(5)} == {"web"}
    end = time.monotonic() + 5
    while len(shadow.seen) < 5 and time.monotonic() < end:
        time.sleep(0.02)
    assert len(shadow.seen) == 5


def test_headers(edge: Any) -> None:
    edge.serve(
        m={
            **A,
            "add_request_headers": {"x-a": "1", "x-b": {"value": "new", "append": False}},
            "remove_request_headers": ["x-c"],
            "add_response_headers": {"x-d": {"value": "4"}},
            "remove_response_headers": ["x-secret"],
            "host_rewrite": "inner.org",
        }
    )
    answer = edge.get("/a/", x_b="old", x_c="3")
    asked = answer.asked["headers"]
    assert (asked["x-a"], asked["x-b"], asked["host"]) == ("1", "new", "inner.org")
    assert "x-c" not in asked
    assert answer.headers["x-d"] == "4"
    assert "x-secret" not in answer.headers


def test_bodies_and_methods_pass(edge: Any) -> None:
    edge.serve(m=A)
    asked = edge.get("/a/", method="POST", body="x" * 300_000).asked
    assert (asked["method"], len(asked["body"])) == ("POST", 300_000)


def test_redirect(edge: Any) -> None:
    edge.serve(
        m={**A, "service": "new.org", "host_redirect": True, "path_redirect": "/z", "redirect_response_code": 302}
    )
    answer = edge.get("/a/b")
    assert (answer.status, answer.headers["location"]) == (302, "http://new.org/z")


def test_cors_preflight(edge: Any) -> None:
    edge.serve(m={**A, "cors": {"origins": ["http://*.a.org"], "methods": ["GET", "PUT"]}})
    good = edge.get("/a/", method="OPTIONS", Origin="http://x.a.org", Access_Control_Request_Method="PUT")
    assert good.headers["access-control-allow-origin"] == "http://x.a.org"
    assert good.headers["access-control-allow-methods"] == "GET, PUT"
    other = edge.get("/a/", Origin="http://evil.org")
    assert "access-control-allow-origin" not in other.headers


def test_timeouts(edge: Any) -> None:
    edge.serve(short={**A, "timeout_ms": 200}, none={"prefix": "/none/", "timeout_ms": 0})
    assert edge.get("/a/", x_delay="1").status == 504
    assert edge.get("/none/", x_delay="0.5").status == 200


def test_retries_when_asked_for(edge: Any, upstream: Any) -> None:
    web = upstream("counted")
    edge.service("web", web)
    edge.serve(m={**A, "retry_policy": {"retry_on": "5xx", "num_retries": 2}}, n={"prefix": "/n/"})
    assert edge.get("/a/", x_status="503").status == 503
    assert len(web.seen) == 3
    assert edge.get("/n/", x_status="503").status == 503
    assert len(web.seen) == 4


def upgraded(edge: Any, path: str) -> tuple[bytes, socket.socket]:
    """The status line of a websocket handshake, and the connection."""
    connection = socket.create_connection(("127.0.0.1", edge.port), timeout=5)
    headers = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    connection.sendall(f"GET {path} HTTP/1.1\r\n{headers}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    return head.split(b"\r\n", 1)[0], connection


@pytest.mark.parametrize("spec", [{"use_websocket": True}, {"allow_upgrade": ["websocket"]}])
def test_websockets_outlive_the_timeout_and_updates(edge: Any, spec: Any) -> None:
    edge.serve(m={**A, **spec, "timeout_ms": 300})
    status, connection = upgraded(edge, "/a/")
    with connection:
        assert status == b"HTTP/1.1 101 Switching Protocols"
        time.sleep(0.5)
        edge.serve(m={**A, **spec, "timeout_ms": 300}, other={"prefix": "/o/"})
        connection.sendall(b"ping")
        assert connection.recv(4096) == b"ping"


def test_no_websocket_unless_it_is_allowed(edge: Any) -> None:
    edge.serve(m=A)
    status, connection = upgraded(edge, "/a/")
    connection.close()
    assert b"403" in status


def test_requests_are_balanced_over_all_endpoints(edge: Any, upstream: Any) -> None:
    edge.service("web", upstream("one"), upstream("two"))
    edge.serve(m=A)
    assert {edge.get("/a/").asked["name"] for _ in range(20)} == {"one", "two"}


def test_sticky_by_header(edge: Any, upstream: Any) -> None:
    edge.service("web", upstream("one"), upstream("two"), upstream("three"))
    edge.serve(m={**A, "load_balancer": {"policy": "ring_hash", "header": "x-user"}})
    assert len({edge.get("/a/", x_user="ann").asked["name"] for _ in range(10)}) == 1
    assert len({edge.get("/a/", x_user=f"u{n}").asked["name"] for n in range(60)}) == 3


def test_a_service_without_endpoints_and_one_that_does_not_exist(edge: Any) -> None:
    edge.service("empty")
    edge.serve(m={**A, "service": "empty"}, n={"prefix": "/n/", "service": "no-such-service.invalid"})
    assert edge.get("/a/").status == 503
    assert edge.get("/n/").status == 503
