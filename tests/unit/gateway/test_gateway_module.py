"""The Module `ambassador` through a real Envoy, and what it says of itself."""

from __future__ import annotations

import gzip
import http.client
import socket
from pathlib import Path
from typing import Any

import pytest
from slipway_gateway.model import INACTIVE, RUNNING, Document, Source

A: dict[str, Any] = {"prefix": "/a/"}
MODULE = Source("Module", "team", "ambassador")


def module(name: str = "ambassador", **config: Any) -> Document:
    return Document(Source("Module", "team", name), name, "team", {"config": config})


def test_defaults_of_mappings(edge: Any) -> None:
    config: dict[str, Any] = {"cluster_request_timeout_ms": 200, "retry_policy": {"retry_on": "5xx", "num_retries": 2}}
    edge.serve(module(**config, cors={"origins": ["http://a.org"]}), m=A, own={"prefix": "/o/", "timeout_ms": 4000})
    assert edge.get("/a/", x_delay="0.5").status == 504
    assert edge.get("/o/", x_delay="0.5").status == 200
    assert edge.get("/a/", Origin="http://a.org").headers["access-control-allow-origin"] == "http://a.org"


def test_lua_and_gzip_and_the_servers_name(edge: Any) -> None:
    script = 'function envoy_on_response(handle) handle:headers():add("x-lua", "yes") end'
    types = {"content_type": ["application/octet-stream"], "min_content_length": 32}
    edge.serve(module(lua_scripts=script, server_name="gate", gzip=types, buffer={"max_request_bytes": 9}), m=A)
    answer = edge.get("/a/")
    assert (answer.headers["x-lua"], answer.headers["server"]) == ("yes", "gate")
    assert edge.get("/a/", method="POST", body="x" * 10).status == 413


def test_addresses_are_let_in_or_not(edge: Any) -> None:
    cases: list[tuple[dict[str, Any], int]] = [
        ({"ip_allow": [{"peer": "10.0.0.0/8"}]}, 403),
        ({"ip_allow": [{"peer": "10.0.0.0/8"}, {"remote": "127.0.0.1"}]}, 200),
        ({"ip_deny": [{"peer": "127.0.0.0/8"}]}, 403),
    ]
    for config, status in cases:
        edge.serve(module(**config), m=A)
        assert edge.get("/a/").status == status


def test_who_came_without_tls_to_a_proxy_before_us(edge: Any) -> None:
    edge.serve(module(x_forwarded_proto_redirect=True, use_remote_address=False), m=A)
    answer = edge.get("/a/b", X_Forwarded_Proto="http", Host="x.org")
    assert (answer.status, answer.headers["location"]) == (301, "https://x.org/a/b")
    assert edge.get("/a/", X_Forwarded_Proto="https").status == 200
    assert edge.get("/ambassador/v0/check_ready", X_Forwarded_Proto="http").status == 200


def test_trusted_proxies(edge: Any) -> None:
    edge.serve(module(xff_num_trusted_hops=1), m=A)
    asked = edge.get("/a/", X_Forwarded_For="1.2.3.4").asked
    assert asked["headers"]["x-forwarded-for"].startswith("1.2.3.4,")
    assert asked["headers"]["x-envoy-external-address"] == "1.2.3.4"


def test_the_proxy_protocol(edge: Any) -> None:
    edge.serve(module(use_proxy_proto=True), m=A)
    with socket.create_connection(("127.0.0.1", edge.port), timeout=5) as connection:
        head = b"PROXY TCP4 9.8.7.6 127.0.0.1 1234 80\r\n"
        connection.sendall(head + b"GET /a/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = b""
        while part := connection.recv(4096):
            text += part
    assert b"9.8.7.6" in text
    edge.serve(m=A)


def test_the_log_is_written_as_it_is_wanted(new_edge: Any, upstream: Any, tmp_path: Path) -> None:
    edge = new_edge()
    edge.service("web", upstream("web"))
    edge.serve(module(envoy_log_format="seen %REQ(:PATH)% %RESPONSE_CODE%"), m=A)
    edge.get("/a/x")
    edge.stop()
    assert "seen /x 200\n" in (tmp_path / "envoy.log").read_text()
    edge.restart()


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"error_response_overrides": [], "statsd": {}}, "config.error_response_overrides, config.statsd"),
        ({"retry_policy": {"retry_on": "never"}}, "its defaults have no effect: retry_policy.retry_on"),
    ],
)
def test_what_has_no_effect_is_named(edge: Any, config: Any, word: str) -> None:
    compiled = edge.serve(module(**config), m=A)
    found = compiled.verdicts[MODULE]
    assert found.state == RUNNING and word in found.reason
    assert edge.get("/a/").status == 200


@pytest.mark.parametrize(
    ("config", "reason", "status"),
    [
        ({"lua_scripts": 7}, "lua_scripts: a string", 200),
        ({"envoy_log_path": "/etc/passwd"}, "the log goes to", 200),
        ({"ip_allow": [{"peer": "everywhere"}]}, "ip_allow", 404),
        ({"ip_allow": [{"peer": "::1", "remote": "::1"}]}, "one of peer and remote", 404),
        ({"ip_deny": []}, "has no address", 200),
    ],
)
def test_one_at_fault_changes_nothing_unless_it_is_to_keep_somebody_out(
    edge: Any, config: Any, reason: str, status: int
) -> None:
    compiled = edge.serve(module(**config), m=A)
    found = compiled.verdicts[MODULE]
    assert found.state == INACTIVE and reason in found.reason
    assert edge.get("/a/").status == status


def test_other_modules_are_refused_by_name(edge: Any) -> None:
    compiled = edge.serve(module("tls"), m=A)
    assert "only ambassador" in compiled.verdicts[Source("Module", "team", "tls")].reason


def test_a_script_that_only_envoy_finds_faulty_is_left_out(edge: Any) -> None:
    compiled = edge.serve(module(lua_scripts="function ("), m=A)
    assert "Envoy refuses it" in compiled.verdicts[MODULE].reason
    assert edge.get("/a/").status == 200


def test_answers_are_compressed(edge: Any) -> None:
    edge.serve(module(gzip={"content_type": ["text/plain"], "min_content_length": 30}), m=A)
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=10)
    connection.request("GET", "/ambassador/v0/check_ready", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.getheader("content-encoding") == "gzip"
    assert gzip.decompress(answer.read()) == b"Ambassador is ready and waiting\n"
    connection.close()
