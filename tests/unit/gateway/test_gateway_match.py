"""From a Mapping's conditions to Envoy's RouteMatch."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("spec", "match"),
    [
        ({"prefix": "/a/"}, {"prefix": "/a/"}),
        ({"prefix": ""}, {"prefix": ""}),
        ({"prefix": "/a", "prefix_exact": True}, {"path": "/a"}),
        ({"prefix": "/a/.*", "prefix_regex": True}, {"safe_regex": {"regex": "/a/.*"}}),
        ({"prefix": "/a", "case_sensitive": False}, {"prefix": "/a", "case_sensitive": False}),
        (
            {"prefix": "/a", "headers": {"x-a": "1", "x-b": True}},
            {
                "prefix": "/a",
                "headers": [{"name": "x-a", "string_match": {"exact": "1"}}, {"name": "x-b", "present_match": True}],
            },
        ),
        (
            {"prefix": "/a", "v2BoolHeaders": ["x-b"]},
            {"prefix": "/a", "headers": [{"name": "x-b", "present_match": True}]},
        ),
        (
            {"prefix": "/a", "regex_headers": {"x-a": "v[0-9]"}},
            {"prefix": "/a", "headers": [{"name": "x-a", "string_match": {"safe_regex": {"regex": "v[0-9]"}}}]},
        ),
        (
            {"prefix": "/a", "method": "POST"},
            {"prefix": "/a", "headers": [{"name": ":method", "string_match": {"exact": "POST"}}]},
        ),
        (
            {"prefix": "/a", "method": "GET|HEAD", "method_regex": True},
            {"prefix": "/a", "headers": [{"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}]},
        ),
        (
            {"prefix": "/a", "query_parameters": {"q": "1", "r": True}, "regex_query_parameters": {"s": "a+"}},
            {
                "prefix": "/a",
                "query_parameters": [
                    {"name": "q", "string_match": {"exact": "1"}},
                    {"name": "r", "present_match": True},
                    {"name": "s", "string_match": {"safe_regex": {"regex": "a+"}}},
                ],
            },
        ),
        ({"prefix": "/a", "hostname": "*"}, {"prefix": "/a"}),
        ({"prefix": "/a", "host": None, "headers": None}, {"prefix": "/a"}),
    ],
)
def test_conditions(compiled: Any, routes: Any, spec: Any, match: Any) -> None:
    assert routes(compiled(spec))[0]["match"] == match


@pytest.mark.parametrize(
    ("spec", "regex"),
    [
        ({"hostname": "example.org"}, r"(?i)example\.org(?::[0-9]+)?"),
        ({"host": "Example.org"}, r"(?i)example\.org(?::[0-9]+)?"),
        ({"hostname": "example.org:8080"}, r"(?i)example\.org\:8080"),
        ({"hostname": "*.example.org"}, r"(?i).*\.example\.org(?::[0-9]+)?"),
        ({"hostname": "api.*"}, r"(?i)api\..*(?::[0-9]+)?"),
        ({"host": "^(a|b)\\.org$", "host_regex": True}, "^(a|b)\\.org$"),
        ({"hostname": "new.org", "host": "old.org"}, r"(?i)new\.org(?::[0-9]+)?"),
    ],
)
def test_hosts_are_conditions_on_the_authority(compiled: Any, routes: Any, spec: Any, regex: str) -> None:
    (header,) = routes(compiled({"prefix": "/", **spec}))[0]["match"]["headers"]
    assert header == {"name": ":authority", "string_match": {"safe_regex": {"regex": regex}}}


def test_health_answers_come_before_every_mapping(compiled: Any) -> None:
    found = compiled({"prefix": "/", "precedence": 1000000}).routes["virtual_hosts"][0]["routes"]
    assert [route["name"] for route in found] == [
        "/ambassador/v0/check_alive",
        "/ambassador/v0/check_ready",
        "Mapping team/m0",
    ]
