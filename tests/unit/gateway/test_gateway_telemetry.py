"""LogService, TracingService and health checks: what a real Envoy tells others, and whom it asks."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from slipway_gateway.model import INACTIVE, Document, Source

A: dict[str, Any] = {"prefix": "/a/"}


def thing(kind: str, **spec: Any) -> Document:
    return Document(Source(kind, "team", "x"), "x", "team", spec)


def until(true: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_spans_are_sent(edge: Any, upstream: Any) -> None:
    collector = upstream("collector")
    edge.service("collector", collector)
    tags = [{"tag": "shop", "literal": {"value": "front"}}, {"tag": "who", "request_header": {"name": "x-who"}}]
    edge.serve(thing("TracingService", service="collector", driver="zipkin", custom_tags=tags), m=A)
    assert "x-b3-traceid" in edge.get("/a/").asked["headers"]

    def told() -> bool:
        edge.get("/a/", X_Who="ann")
        return bool(collector.seen)

    until(told)
    assert collector.seen[0]["path"] == "/api/v2/spans"
    spans = [span for item in collector.seen for span in json.loads(item["body"])]
    assert any(span["tags"].get("shop") == "front" for span in spans)


def test_nothing_is_sampled_if_that_is_wanted(edge: Any, upstream: Any) -> None:
    edge.service("collector", upstream("collector"))
    sampling = {"overall": 0, "random": 0, "client": 0}
    edge.serve(thing("TracingService", service="collector", driver="zipkin", sampling=sampling), m=A)
    assert edge.get("/a/").asked["headers"].get("x-b3-sampled") == "0"


@pytest.mark.parametrize("driver", ["opentelemetry", "datadog"])
def test_other_drivers_are_taken_by_envoy(edge: Any, driver: str) -> None:
    edge.service("collector")
    compiled = edge.serve(thing("TracingService", service="collector", driver=driver), m=A)
    assert compiled.verdicts[Source("TracingService", "team", "x")].reason == ""
    assert edge.get("/a/").status == 200


@pytest.fixture
def ear(edge: Any) -> Iterator[list[bytes]]:
    """The Service `log`: hears what is said to it (HTTP/2: data stands in it as it is)."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.settimeout(10)
            with connection:
                try:
                    while part := connection.recv(65536):
                        heard.append(part)
                except OSError:
                    continue

    threading.Thread(target=listen, daemon=True).start()
    edge.service("log", SimpleNamespace(port=server.getsockname()[1]))
    yield heard
    server.close()


def test_requests_are_told_to_the_log(edge: Any, ear: list[bytes]) -> None:
    extra = {"additional_log_headers": [{"header_name": "x-who", "during_response": False}]}
    given = {"driver": "http", "protocol_version": "v3", "driver_config": extra, "flush_interval_time": 1}
    edge.serve(thing("LogService", service="log", **given), m=A)
    assert edge.get("/a/seen", X_Who="ann-of-the-log").status == 200
    until(lambda: b"ann-of-the-log" in b"".join(ear))
    assert b"/seen" in b"".join(ear)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (thing("LogService", service="log", driver="tcp", protocol_version="v3"), "logs HTTP only"),
        (thing("LogService", service="log", driver="http"), "v3 is needed"),
        (thing("LogService", service="a/b", driver="http", protocol_version="v3"), "is not of the form"),
        (thing("TracingService", service="t", driver="lightstep"), "one of zipkin"),
        (
            thing("TracingService", service="t", driver="zipkin", custom_tags=[{"tag": "x", "environment": {}}]),
            "literal or",
        ),
        (thing("TracingService", service="t", driver="zipkin", sampling={"random": 101}), "from 0 to 100"),
        (thing("TracingService", service="t", driver="zipkin", tls="gone"), "there is no TLSContext gone"),
    ],
)
def test_one_at_fault_says_so_and_requests_are_served(edge: Any, given: Document, reason: str) -> None:
    compiled = edge.serve(given, m=A)
    found = compiled.verdicts[given.source]
    assert found.state == INACTIVE and reason in found.reason
    assert edge.get("/a/").status == 200


def test_who_is_not_well_is_left_out(edge: Any, upstream: Any) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        edge.service("web", upstream("well"), SimpleNamespace(port=closed.getsockname()[1]))
        check = {"health_check": {"http": {"path": "/health"}}, "interval": "0.2s", "unhealthy_threshold": 1}
        edge.serve(m={**A, "health_checks": [check]})
        until(lambda: "failed_active_hc" in asyncio.run(edge.admin.request("GET", "/clusters"))[1])
        assert {edge.get("/a/").asked["name"] for _ in range(20)} == {"well"}


@pytest.mark.parametrize(
    ("check", "status"),
    [
        ({"http": {"path": "/h", "add_request_headers": {"x-status": "418"}}}, "failed_active_hc"),
        (
            {
                "http": {
                    "path": "/h",
                    "hostname": "h.org",
                    "add_request_headers": {"x-status": {"value": "418"}},
                    "remove_request_headers": ["x-none"],
                    "expected_statuses": [{"min": 418, "max": 418}],
                }
            },
            "health_flags::healthy",
        ),
        ({"grpc": {"upstream_name": "x", "authority": "y"}}, "failed_active_hc"),
    ],
)
def test_what_a_check_expects(edge: Any, check: Any, status: str) -> None:
    checks = [{"health_check": check, "interval": "0.2s", "unhealthy_threshold": 1}]
    edge.serve(m={**A, "grpc": "grpc" in check, "health_checks": checks})
    until(lambda: status in asyncio.run(edge.admin.request("GET", "/clusters"))[1])
