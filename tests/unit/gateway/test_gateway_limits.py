"""RateLimitService: labels of Mappings, counted by a real service over gRPC behind a real Envoy."""

from __future__ import annotations

from typing import Any

import pytest
from slipway_gateway.model import INACTIVE, RUNNING, Document, Source

LABELS = {"ambassador": [{"group": [{"request_headers": {"key": "colour", "header_name": "x-colour"}}]}]}
A: dict[str, Any] = {"prefix": "/a/", "labels": LABELS}


def meter(**spec: Any) -> Document:
    given = {"service": "door", "protocol_version": "v3", **spec}
    return Document(Source("RateLimitService", "team", "meter"), "meter", "team", given)


def module(**config: Any) -> Document:
    return Document(Source("Module", "team", "ambassador"), "ambassador", "team", {"config": config})


def test_who_comes_too_often_is_sent_away(edge: Any, grpc_door: Any) -> None:
    edge.serve(meter(timeout_ms=5000), m=A, free={"prefix": "/f/"})
    assert edge.get("/a/", X_Colour="red").status == 200
    assert edge.get("/a/", X_Colour="blue").status == 429
    assert edge.get("/f/", X_Colour="blue").status == 200
    assert len(grpc_door.seen) == 2
    assert b"colour" in grpc_door.seen[0][3] and b"ambassador" in grpc_door.seen[0][3]


def test_labels_of_the_module_are_for_every_mapping_with_labels(edge: Any, grpc_door: Any) -> None:
    always = {"shop": {"defaults": [{"generic_key": {"value": "front"}}]}}
    labels = {"shop": [{"g": [{"generic_key": {"key": "k", "value": "v"}}, {"remote_address": {}}]}]}
    compiled = edge.serve(
        meter(timeout_ms=5000), module(default_label_domain="shop", default_labels=always), m={**A, "labels": labels}
    )
    assert edge.get("/a/").status == 200
    assert b"front" in grpc_door.seen[0][3] and b"127.0.0.1" in grpc_door.seen[0][3]
    assert compiled.verdicts[Source("Module", "team", "ambassador")].reason == ""


@pytest.mark.parametrize(("deny", "status"), [(False, 200), (True, 500)])
def test_without_the_one_who_counts(edge: Any, deny: bool, status: int) -> None:
    edge.service("nobody")
    edge.serve(meter(service="nobody", failure_mode_deny=deny), m=A)
    assert edge.get("/a/", X_Colour="red").status == status


@pytest.mark.parametrize(
    ("spec", "state"),
    [
        ({"protocol_version": "v2"}, RUNNING),
        ({"protocol_version": "v2", "failure_mode_deny": True}, INACTIVE),
        ({"service": "a/b", "failure_mode_deny": True}, INACTIVE),
    ],
)
def test_one_at_fault_says_so_and_closes_what_it_is_to_close(edge: Any, spec: Any, state: str) -> None:
    compiled = edge.serve(meter(**spec), m=A, free={"prefix": "/f/"})
    assert compiled.verdicts[Source("RateLimitService", "team", "meter")].state == INACTIVE
    found = compiled.verdicts[Source("Mapping", "team", "m")]
    assert found.state == state and "RateLimitService" in found.reason
    assert edge.get("/f/").status == 200


@pytest.mark.parametrize("label", [{"header": {"x": 1}}, "x", {"generic_key": {}}, {"request_headers": {"key": "a"}}])
def test_a_label_that_nobody_knows_is_refused(edge: Any, label: Any) -> None:
    compiled = edge.serve(meter(), m={**A, "labels": {"ambassador": [{"g": [label]}]}})
    assert "labels" in compiled.verdicts[Source("Mapping", "team", "m")].reason
