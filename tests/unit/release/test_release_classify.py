"""Not yet, or invalid: the one table."""

from __future__ import annotations

import pytest
from slipway.errors import SlipwayError
from slipway.kube import ApiError, NoConnection, NotServed, Ref
from slipway.release.refusals.classify import Expected, causes, classify

BOAT = Ref("example.com/v1", "Boat", "harbour", "one")
PLANNED = Expected(frozenset({("example.com", "Boat")}), frozenset({"harbour"}))
NOTHING = Expected()
HOOK = 'Internal error occurred: failed calling webhook "v.example.com": Post "https://x.y.svc": '


@pytest.mark.parametrize(
    ("status", "reason", "message", "expected", "state"),
    [
        (404, "NotFound", 'no matches for kind "Boat" in version "example.com/v1"', PLANNED, "not yet"),
        (404, "NotFound", "the server could not find the requested resource", PLANNED, "not yet"),
        (404, "NotFound", "the server could not find the requested resource", NOTHING, "invalid"),
        (404, "NotFound", 'namespaces "harbour" not found', PLANNED, "not yet"),
        (404, "NotFound", 'namespaces "harbour" not found', NOTHING, "invalid"),
        (403, "Forbidden", "... in namespace harbour because it is being terminated", NOTHING, "not yet"),
        (409, "Conflict", "namespace harbour is being terminated", NOTHING, "not yet"),
        (409, "AlreadyExists", 'object is being deleted: boats "one" already exists', NOTHING, "not yet"),
        (409, "Conflict", "the object has been modified; please apply your changes", NOTHING, "not yet"),
        (409, "Conflict", 'Apply failed with 1 conflict: conflict with "kubectl": .spec', NOTHING, "invalid"),
        (409, "AlreadyExists", 'boats "one" already exists', NOTHING, "invalid"),
        (403, "Forbidden", "not yet ready to handle request", NOTHING, "not yet"),
        (403, "Forbidden", "error looking up service account harbour/x: not found", NOTHING, "not yet"),
        (403, "Forbidden", "exceeded quota: q, requested: cpu=2, used: cpu=1, limited: cpu=2", NOTHING, "invalid"),
        (403, "Forbidden", 'User "x" cannot patch resource "boats"', NOTHING, "invalid"),
        (401, "Unauthorized", "Unauthorized", NOTHING, "invalid"),
        (400, "BadRequest", "strict decoding error", NOTHING, "invalid"),
        (400, "", 'admission webhook "v.example.com" denied the request: no', NOTHING, "invalid"),
        (422, "Invalid", "spec.size: Invalid value: 0", NOTHING, "invalid"),
        (422, "Invalid", "spec.selector: field is immutable", NOTHING, "invalid"),
        (413, "RequestEntityTooLarge", "limit is 3145728", NOTHING, "invalid"),
        (500, "InternalError", HOOK + "dial tcp 10.96.0.9:443: connect: connection refused", NOTHING, "not yet"),
        (500, "InternalError", HOOK + 'no endpoints available for service "x"', NOTHING, "not yet"),
        (500, "InternalError", HOOK + "x509: certificate signed by unknown authority", NOTHING, "not yet"),
        (500, "InternalError", "conversion webhook for example.com/v2 failed: EOF", NOTHING, "not yet"),
        (500, "InternalError", "etcdserver: request timed out", NOTHING, "not yet"),
        (429, "TooManyRequests", "please try again later", NOTHING, "not yet"),
        (503, "ServiceUnavailable", "apiserver not ready", NOTHING, "not yet"),
        (504, "Timeout", "request did not complete", NOTHING, "not yet"),
        (410, "Gone", "too old resource version", NOTHING, "not yet"),
        (500, "", "failed to create typed patch object (..): .x: field not declared in schema", NOTHING, "invalid"),
        (500, "", "failed to create typed patch object (..): .x: field not declared in schema", PLANNED, "not yet"),
        (500, "", "failed to create typed patch object (..): .spec.x: expected string", PLANNED, "invalid"),
        (500, "", "failed to convert new object (..): illegal base64 data at input byte 3", NOTHING, "invalid"),
        (500, "", "failed to convert new object (..): conversion webhook for v2 failed: EOF", NOTHING, "not yet"),
        (500, "InternalError", "etcdserver: mvcc: database space exceeded", NOTHING, "invalid"),
        (418, "", "no such row", NOTHING, "invalid"),
    ],
)
def test_answers_of_the_api_server(status: int, reason: str, message: str, expected: Expected, state: str) -> None:
    verdict = classify(ApiError(message, status=status, reason=reason), BOAT, expected)
    assert verdict.state == state
    assert message in verdict.reason


def test_no_connection_is_waited_for() -> None:
    assert classify(NoConnection("connection refused"), BOAT, NOTHING).state == "not yet"


def test_a_kind_that_is_not_served_depends_on_the_plan() -> None:
    assert classify(NotServed("x"), BOAT, PLANNED).state == "not yet"
    assert classify(NotServed("x"), BOAT, NOTHING).state == "invalid"


@pytest.mark.parametrize("status", [403, 422, 401, 400])
def test_what_is_invalid_has_a_remedy(status: int) -> None:
    assert classify(ApiError("x", status=status), BOAT, NOTHING).remedy


def test_causes_name_the_fields() -> None:
    body = {"details": {"causes": [{"field": "spec.size", "message": "must be at least 1"}, {"message": "no field"}]}}
    assert causes(ApiError("x", body=body)) == ("spec.size: must be at least 1", "no field")
    assert causes(SlipwayError("x", details=("a",))) == ("a",)


def test_a_schema_that_is_on_its_way_is_waited_for_shortly() -> None:
    message = "failed to create typed patch object (..): .spec.x: field not declared in schema"
    verdict = classify(ApiError(message, status=500), BOAT, PLANNED)
    assert 0 < verdict.patience < 60


def test_what_the_server_quotes_of_a_secret_is_not_repeated() -> None:
    message = "failed to create typed patch object (..): .stringData.a: expected string, got &value{Value:hunter2}"
    said = classify(ApiError(message, status=500), Ref("v1", "Secret", "harbour", "key"), NOTHING)
    assert "hunter2" not in said.reason
    assert ".stringData.a: expected string" in said.reason
