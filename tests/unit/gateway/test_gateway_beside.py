"""Objects beside Mappings: each says whether it is in force, and what depends on one that is not stays closed."""

from __future__ import annotations

from typing import Any

import pytest
from slipway_gateway.beside import NOT_SERVED
from slipway_gateway.cluster_state import Cluster
from slipway_gateway.compiler import Compiled, compile_all
from slipway_gateway.model import INACTIVE, RUNNING, Document, Json, Source
from slipway_gateway.objects import OTHER_KINDS, declared
from slipway_gateway.report import status_patch


def thing(kind: str, name: str = "x", **spec: Any) -> Document:
    return Document(Source(kind, "team", name), name, "team", spec)


def together(*things: Document, **mappings: Json) -> Compiled:
    return compile_all(
        [*things, *(thing("Mapping", name, service="web", **spec) for name, spec in mappings.items())], Cluster()
    )


def state(compiled: Compiled, name: str, kind: str = "Mapping") -> tuple[str, str]:
    found = compiled.verdicts[Source(kind, "team", name)]
    return found.state, found.reason


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_no_kind_is_passed_over_in_silence(kind: str) -> None:
    specs: dict[str, Json] = {
        "AuthService": {"auth_service": "door", "proto": "http"},
        "RateLimitService": {"service": "meter", "protocol_version": "v3"},
        "Module": {"config": {}},
        "LogService": {"service": "log", "driver": "http", "protocol_version": "v3"},
        "TracingService": {"service": "traces", "driver": "zipkin"},
    }
    name = "ambassador" if kind == "Module" else "x"
    found, reason = state(together(thing(kind, name, **specs.get(kind, {}))), name, kind)
    assert (found, bool(reason)) == ((INACTIVE, True) if kind in NOT_SERVED else (RUNNING, False))


@pytest.mark.parametrize(
    ("resolver", "reason"),
    [
        ("kubernetes-service", ""),
        ("endpoint", ""),
        ("mine", ""),
        ("gone", "resolver: there is no resolver of that name"),
        ("far", "resolver: ConsulResolver team/far is not in force"),
    ],
)
def test_a_resolver_is_an_object_of_any_name(resolver: str, reason: str) -> None:
    things = thing("KubernetesEndpointResolver", "mine"), thing("ConsulResolver", "far", address="consul:8500")
    found = state(together(*things, m={"prefix": "/a/", "resolver": resolver}), "m")
    assert found[0] == (INACTIVE if reason else RUNNING)
    assert reason in found[1]


def test_a_host_has_upstreams_words_for_its_state() -> None:
    meta = {"namespace": "team", "name": "h", "generation": 3}
    found = declared("Host", {"metadata": meta, "spec": {"hostname": "x.org"}})
    assert found
    verdict = together(found.document).verdicts[found.document.source]
    patch = status_patch(found, verdict)
    assert patch and patch["status"]["state"] == "Error"
    assert patch["status"]["observedGeneration"] == 3
    told = declared("Host", {"metadata": meta, "spec": {}, "status": patch["status"]})
    assert told and status_patch(told, verdict) is None


def test_one_for_another_gateway_is_left_to_it() -> None:
    obj = {"metadata": {"namespace": "team", "name": "a"}, "spec": {"ambassador_id": ["other"]}}
    assert declared("AuthService", obj) is None


def test_where_nobody_can_decide_nobody_is_let_in() -> None:
    found = together(
        thing("AuthService", "door", auth_service="ftp://door", proto="http"),
        m={"prefix": "/m/"},
        free={"prefix": "/f/", "bypass_auth": True},
        away={"prefix": "/r/", "host_redirect": True},
    )
    assert state(found, "m")[0] == INACTIVE
    assert "AuthService team/door is not in force" in state(found, "m")[1]
    assert state(found, "free")[0] == state(found, "away")[0] == RUNNING
