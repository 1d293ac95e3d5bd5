"""From a Mapping to what Envoy does with a request."""

from __future__ import annotations

from typing import Any

import pytest


def action(compiled: Any, routes: Any, **spec: Any) -> Any:
    found = compiled({"prefix": "/a/", **spec})
    assert all(verdict.state == "Running" for verdict in found.verdicts.values()), found.verdicts
    return routes(found)[0]["route"]


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        ({}, "timeout", "3.000s"),
        ({"timeout_ms": 0}, "timeout", "0.000s"),
        ({"timeout_ms": 300000}, "timeout", "300.000s"),
        ({"idle_timeout_ms": 1500}, "idle_timeout", "1.500s"),
        ({}, "idle_timeout", None),
        ({"timeout_ms": 300000}, "idle_timeout", None),
        ({"timeout_ms": 600000}, "idle_timeout", "600.000s"),
        ({"timeout_ms": 600000, "idle_timeout_ms": 400000}, "idle_timeout", "400.000s"),
        ({}, "prefix_rewrite", "/"),
        ({"rewrite": "/b/"}, "prefix_rewrite", "/b/"),
        ({"rewrite": ""}, "prefix_rewrite", None),
        ({"regex_rewrite": {"pattern": "/(.*)", "substitution": r"/x/\1"}}, "prefix_rewrite", None),
        (
            {"regex_rewrite": {"pattern": "/(.*)", "substitution": r"/x/\1"}},
            "regex_rewrite",
            {"pattern": {"regex": "/(.*)"}, "substitution": r"/x/\1"},
        ),
        ({"use_websocket": True}, "upgrade_configs", [{"upgrade_type": "websocket"}]),
        ({"use_websocket": False}, "upgrade_configs", None),
        (
            {"use_websocket": True, "allow_upgrade": ["websocket", "spdy/3.1"]},
            "upgrade_configs",
            [{"upgrade_type": "websocket"}, {"upgrade_type": "spdy/3.1"}],
        ),
        ({"host_rewrite": "x.org"}, "host_rewrite_literal", "x.org"),
        ({"auto_host_rewrite": True}, "auto_host_rewrite", True),
        ({"priority": "high"}, "priority", "HIGH"),
        (
            {"retry_policy": {"retry_on": "5xx,gateway-error", "num_retries": 5, "per_try_timeout": "250ms"}},
            "retry_policy",
            {"retry_on": "5xx,gateway-error", "num_retries": 5, "per_try_timeout": "0.250s"},
        ),
        (
            {"load_balancer": {"policy": "ring_hash", "cookie": {"name": "sticky", "ttl": "60s"}}},
            "hash_policy",
            [{"cookie": {"name": "sticky", "ttl": "60.000s"}}],
        ),
        (
            {"load_balancer": {"policy": "maglev", "header": "x-user"}},
            "hash_policy",
            [{"header": {"header_name": "x-user"}}],
        ),
        (
            {"load_balancer": {"policy": "maglev", "source_ip": True}},
            "hash_policy",
            [{"connection_properties": {"source_ip": True}}],
        ),
    ],
)
def test_route_action(compiled: Any, routes: Any, spec: Any, field: str, value: Any) -> None:
    assert action(compiled, routes, **spec).get(field) == value


def test_by_default_only_what_reached_no_application_is_retried(compiled: Any, routes: Any) -> None:
    policy = action(compiled, routes)["retry_policy"]
    assert policy["retry_on"] == "connect-failure,refused-stream,reset-before-request"


@pytest.mark.parametrize(
    ("spec", "redirect"),
    [
        ({}, {"host_redirect": "new.org", "response_code": "MOVED_PERMANENTLY"}),
        (
            {"path_redirect": "/x", "redirect_response_code": 302},
            {"host_redirect": "new.org", "response_code": "FOUND", "path_redirect": "/x"},
        ),
        (
            {"path_redirect": "/p", "prefix_redirect": "/q", "regex_redirect": {"pattern": "/a"}},
            {"host_redirect": "new.org", "response_code": "MOVED_PERMANENTLY", "path_redirect": "/p"},
        ),
        (
            {"prefix_redirect": "/q", "regex_redirect": {"pattern": "/a"}},
            {"host_redirect": "new.org", "response_code": "MOVED_PERMANENTLY", "prefix_rewrite": "/q"},
        ),
        (
            {"prefix_redirect": "/x/", "redirect_response_code": 308},
            {"host_redirect": "new.org", "response_code": "PERMANENT_REDIRECT", "prefix_rewrite": "/x/"},
        ),
        (
            {"regex_redirect": {"pattern": "/a/(.*)", "substitution": r"/\1"}},
            {
                "host_redirect": "new.org",
                "response_code": "MOVED_PERMANENTLY",
                "regex_rewrite": {"pattern": {"regex": "/a/(.*)"}, "substitution": r"/\1"},
            },
        ),
    ],
)
def test_redirects(compiled: Any, routes: Any, spec: Any, redirect: Any) -> None:
    found = compiled({"prefix": "/a/", "service": "new.org", "host_redirect": True, **spec})
    (route,) = routes(found)
    assert route["redirect"] == redirect
    assert "route" not in route
    assert found.clusters == {}


def test_headers_are_added_and_removed(compiled: Any, routes: Any) -> None:
    (route,) = routes(
        compiled(
            {
                "prefix": "/a/",
                "add_request_headers": {"x-a": "1", "x-b": {"value": "2", "append": False}},
                "add_response_headers": {"x-c": {"value": "3"}},
                "remove_request_headers": "x-d",
                "remove_response_headers": ["x-e", "x-f"],
            }
        )
    )
    assert route["request_headers_to_add"] == [
        {"header": {"key": "x-a", "value": "1"}, "append_action": "APPEND_IF_EXISTS_OR_ADD"},
        {"header": {"key": "x-b", "value": "2"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"},
    ]
    assert route["response_headers_to_add"][0]["header"] == {"key": "x-c", "value": "3"}
    assert route["request_headers_to_remove"] == ["x-d"]
    assert route["response_headers_to_remove"] == ["x-e", "x-f"]


@pytest.mark.parametrize("origins", ["https://a.org, https://b.org", ["https://a.org", "https://b.org"]])
def test_cors_of_v2_and_v3_are_the_same(compiled: Any, routes: Any, origins: Any) -> None:
    cors = {"origins": origins, "methods": "GET, POST", "credentials": True, "max_age": "600"}
    (policy,) = routes(compiled({"prefix": "/a/", "cors": cors}))[0]["typed_per_filter_config"].values()
    assert policy["allow_origin_string_match"] == [{"exact": "https://a.org"}, {"exact": "https://b.org"}]
    assert policy["allow_methods"] == "GET, POST"
    assert policy["allow_credentials"] is True
    assert policy["max_age"] == "600"
