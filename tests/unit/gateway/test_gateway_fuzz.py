"""No Mapping, however strange, stops the compiler; what it accepts, it can write down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slipway_gateway.cluster_state import Cluster
from slipway_gateway.compiler import compile_all
from slipway_gateway.controller import envoy_binary
from slipway_gateway.model import Document, Source
from slipway_gateway.validate import Validator

FIELDS = """
prefix prefix_exact prefix_regex case_sensitive service rewrite regex_rewrite hostname host host_regex headers
v2BoolHeaders regex_headers query_parameters regex_query_parameters method method_regex weight precedence
priority timeout_ms idle_timeout_ms connect_timeout_ms cluster_idle_timeout_ms use_websocket allow_upgrade
grpc shadow host_redirect path_redirect prefix_redirect regex_redirect redirect_response_code host_rewrite
auto_host_rewrite add_request_headers add_response_headers remove_request_headers cors retry_policy
circuit_breakers load_balancer keepalive tls ambassador_id resolver stats_name cluster_tag dns_type labels
envoy_override nonsense
""".split()  # noqa: SIM905 - one word per line would be four screens

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
strange = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
specs = st.dictionaries(st.sampled_from(FIELDS), strange, max_size=12)

words = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12)
names = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)
#: Well-formed enough to get through often, with values that hurt if they are not looked at.
plausible = st.fixed_dictionaries(
    {
        "prefix": words.map(lambda text: f"/{text}"),
        "service": names | st.builds("{}:{}".format, names, st.integers(1, 65535)),
    },
    optional={
        "prefix_regex": st.booleans(),
        "rewrite": words,
        "regex_rewrite": st.fixed_dictionaries({"pattern": words, "substitution": words}),
        "host": words,
        "host_regex": st.booleans(),
        "headers": st.dictionaries(words, words | st.just(True), max_size=2),
        "regex_headers": st.dictionaries(names, words, max_size=2),
        "query_parameters": st.dictionaries(words, words, max_size=2),
        "method": words,
        "add_request_headers": st.dictionaries(names | words, words, max_size=2),
        "add_response_headers": st.dictionaries(names, words, max_size=2),
        "remove_response_headers": st.lists(words, max_size=2),
        "host_rewrite": words,
        "path_redirect": words,
        "host_redirect": st.booleans(),
        "timeout_ms": st.integers(0, 2**31 - 1),
        "weight": st.integers(0, 100),
        "allow_upgrade": st.lists(words, max_size=2),
        "stats_name": words,
        "cors": st.fixed_dictionaries({"origins": st.lists(words, max_size=2), "headers": words}),
        "load_balancer": st.fixed_dictionaries({"policy": st.just("ring_hash"), "header": words}),
        "tls": st.booleans(),
        "grpc": st.booleans(),
    },
)


def documents(found: list[Any]) -> list[Document]:
    return [Document(Source("Mapping", "n", f"m{i}"), f"m{i}", "n", spec) for i, spec in enumerate(found)]


@given(st.lists(specs | plausible, max_size=4))
@settings(max_examples=150, deadline=None)
def test_every_mapping_gets_a_verdict(found: list[Any]) -> None:
    compiled = compile_all(documents(found), Cluster())
    assert len(compiled.verdicts) == len(found)
    json.dumps([compiled.routes, compiled.clusters], allow_nan=False)
    for verdict in compiled.verdicts.values():
        assert verdict.state == "Running" or verdict.reason


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Validator:
    return Validator(envoy_binary(), Path(tmp_path_factory.mktemp("validate")))


@given(st.lists(plausible, min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_not_a_format_string_envoy_takes_as_we_do(validator: Validator, found: list[Any]) -> None:
    """Only a % in headers' values, Envoy's own language, is left to Envoy's judgement."""
    for spec in found:
        for field in ("add_request_headers", "add_response_headers"):
            if field in spec:
                spec[field] = {name: value.replace("%", "") for name, value in spec[field].items()}
    assert validator(compile_all(documents(found), Cluster())) == ""
