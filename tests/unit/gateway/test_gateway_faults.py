"""Faulty Mappings: each is named with its reason and harms no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from slipway_gateway import parse as parsing
from slipway_gateway.beside import Beside
from slipway_gateway.compiler import Compiled
from slipway_gateway.model import Document, Route
from slipway_gateway.validate import Interrupted, Validator

FAULTS = [
    ({"prefix": None}, "prefix: is required"),
    ({"prefix": 7}, "prefix: a string is expected, not 7"),
    ({"prefix": "a"}, "does not begin with /"),
    ({"prefix": "/a(", "prefix_regex": True}, "no regular expression: missing )"),
    ({"prefix": "/(?=a)", "prefix_regex": True}, "no regular expression"),
    ({"prefix_regex": True, "prefix_exact": True}, "cannot be together"),
    ({"service": None}, "service: is required"),
    ({"service": "a b"}, "no host name"),
    ({"service": "ftp://a"}, "scheme ftp"),
    ({"service": "a:99999"}, "99999 is no port"),
    ({"service": "a:b"}, "is not of the form"),
    ({"service": "a/b"}, "is not of the form"),
    ({"weight": 101}, "from 0 to 100"),
    ({"weight": "10"}, "whole number"),
    ({"weight": True}, "whole number"),
    ({"timeout_ms": -1}, "timeout_ms: a whole number"),
    ({"timeout_ms": 1.5}, "timeout_ms: a whole number"),
    ({"connect_timeout_ms": 0}, "greater than 0"),
    ({"headers": {"x": 1}}, "headers: 'x' has a string or true, not 1"),
    ({"headers": ["x"]}, "headers: an object is expected"),
    ({"headers": {"x y": "1"}}, "no header name"),
    ({"regex_headers": {"x": "["}}, "regex_headers.x: no regular expression"),
    ({"hostname": "a.*.org"}, "one * is possible"),
    ({"hostname": "a b"}, "no host name"),
    ({"host": "(", "host_regex": True}, "host: no regular expression"),
    ({"method": "(", "method_regex": True}, "method: no regular expression"),
    ({"use_websocket": "yes"}, "use_websocket: true or false is expected"),
    ({"allow_upgrade": ["a b"]}, "no protocol"),
    ({"allow_upgrade": ["CONNECT"]}, "not supported"),
    ({"regex_rewrite": {"pattern": "("}}, "regex_rewrite.pattern: no regular expression"),
    ({"regex_rewrite": {"pattern": "a", "substitution": r"\1"}}, "more than the pattern's 0 groups"),
    ({"regex_rewrite": {"substitution": "x"}}, "regex_rewrite.pattern: is required"),
    ({"host_rewrite": "a", "auto_host_rewrite": True}, "cannot be together"),
    ({"retry_policy": {"retry_on": "sometimes"}}, "'sometimes' is none of"),
    ({"retry_policy": {"num_retries": 1}}, "retry_on: is required"),
    ({"retry_policy": {"retry_on": "5xx", "per_try_timeout": "soon"}}, "a duration such as"),
    ({"add_request_headers": {"x": 1}}, "'x' has a string or {value, append}"),
    ({"add_request_headers": {":path": "/x"}}, "cannot be changed"),
    ({"remove_response_headers": ["Host"]}, "cannot be changed"),
    ({"cors": {"max_age": "long"}}, "cors.max_age"),
    ({"load_balancer": {"policy": "best"}}, "'best' is none of"),
    ({"load_balancer": {"policy": "ring_hash"}}, "needs one of cookie, header and source_ip"),
    ({"load_balancer": {"policy": "round_robin", "header": "x"}}, "ring_hash or maglev is needed"),
    ({"circuit_breakers": [{"priority": "low"}]}, "'low' is none of"),
    ({"circuit_breakers": [{}, {}]}, "given twice"),
    ({"circuit_breakers": {}}, "a list of objects"),
    ({"service": "https://web", "tls": "my-context"}, "there is no TLSContext my-context (yet)"),
    ({"tls": "my-context"}, "there is no TLSContext my-context (yet)"),
    ({"tls": 7}, "tls: true or the name of a TLSContext is expected, not 7"),
    ({"resolver": "consul"}, "resolver: there is no resolver of that name"),
    ({"envoy_override": {"x": 1}}, "raw Envoy configuration are not supported"),
    ({"health_checks": [{}]}, "health_checks[0].health_check: needs one of http and grpc"),
    ({"health_checks": [{"health_check": {"http": {"path": "x"}}}]}, "path: begins with /"),
    ({"error_response_overrides": []}, "replacing error responses are not supported"),
    ({"path_redirect": "/x"}, "needs host_redirect"),
    ({"host_redirect": True, "redirect_response_code": 304}, "304 is none of"),
    ({"shadow": True, "host_redirect": True}, "cannot be together"),
    ({"enable_ipv4": False}, "one of enable_ipv4 and enable_ipv6"),
]


@pytest.mark.parametrize(("spec", "reason"), FAULTS)
def test_the_reason_is_said_and_others_are_served(compiled: Any, verdict: Any, spec: Any, reason: str) -> None:
    found = compiled(bad={"prefix": "/a", **spec}, good={"prefix": "/b"})
    assert verdict(found, "bad").state == "Inactive"
    assert reason in verdict(found, "bad").reason
    assert verdict(found, "good").state == "Running"
    assert [route["name"] for route in found.routes["virtual_hosts"][0]["routes"][2:]] == ["Mapping team/good"]


def test_every_fault_is_said_once(compiled: Any, verdict: Any) -> None:
    found = verdict(compiled(bad={"prefix": 1, "timeout_ms": "x", "load_balancer": 5}), "bad")
    assert found.reason.count(";") == 2


@pytest.mark.parametrize(
    ("spec", "note"),
    [
        ({"prefx": "/a"}, "unknown fields have no effect: 'prefx'"),
        ({"retry_policy": {"retry_on": "5xx", "retries": 3}}, "retry_policy.retries"),
        ({"labels": {"ambassador": []}}, "no RateLimitService"),
    ],
)
def test_what_has_no_effect_is_said_of_a_running_one(compiled: Any, verdict: Any, spec: Any, note: str) -> None:
    found = verdict(compiled(m={"prefix": "/a", **spec}), "m")
    assert found.state == "Running"
    assert note in found.reason


@pytest.mark.parametrize("field", ["bypass_auth", "docs", "stats_name", "ambassador_id", "cluster_tag"])
def test_upstreams_other_fields_are_known(compiled: Any, verdict: Any, field: str) -> None:
    value = {"bypass_auth": True, "docs": {"path": "/x"}}.get(field, "default")
    assert "unknown" not in verdict(compiled(m={"prefix": "/a", field: value}), "m").reason


def test_a_fault_of_the_gateway_itself_concerns_one_mapping(
    compiled: Any, verdict: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse = parsing.parse

    def broken(document: Document, beside: Beside) -> Route:
        if document.name == "bad":
            raise ZeroDivisionError("a bug")
        return parse(document, beside)

    monkeypatch.setattr(parsing, "parse", broken)
    found = compiled(bad={"prefix": "/a"}, good={"prefix": "/b"})
    assert "a bug" in verdict(found, "bad").reason
    assert verdict(found, "good").state == "Running"


def test_a_validation_that_was_killed_blames_nobody(tmp_path: Path) -> None:
    killed = tmp_path / "envoy"
    killed.write_text("#!/bin/sh\nkill -KILL $$\n")
    killed.chmod(0o755)
    with pytest.raises(Interrupted):
        Validator(str(killed), tmp_path)(Compiled({"name": "mappings"}))
