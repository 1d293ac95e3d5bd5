"""The Mappings: prefixes, weights, timeouts, the short form."""

from typing import Any

import pytest
from seldon_examples import WHOLE, predictor, sdep
from slipway_seldon.mappings import mappings
from slipway_seldon.options import Options
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused

HERE = Options("workbench")


def specs(obj: dict[str, Any], options: Options = HERE) -> dict[str, dict[str, Any]]:
    return {m["metadata"]["name"]: m["spec"] for m in mappings(parse(obj), options)}


def test_both_paths_lead_to_the_predictor() -> None:
    found = specs(sdep(annotations={"seldon.io/rest-timeout": "5000"}))
    common = {
        "rewrite": "/",
        "service": "mnist-default.workbench:8000",
        "timeout_ms": 5000,
        "cluster_tag": "seldon_http",
    }
    assert {name: spec for name, spec in found.items() if "grpc" not in spec} == {
        "seldon-workbench-mnist-default-rest": {"prefix": "/seldon/workbench/mnist/", **common},
        "seldon-workbench-mnist-default-rest-single": {"prefix": "/seldon/mnist/", **common},
    }


def test_grpc_finds_the_predictor_by_headers() -> None:
    """The short form's header alone is for the one namespace, as its path is."""
    found = specs(sdep(annotations={"seldon.io/rest-timeout": "5000"}))
    common = {
        "prefix": "/(seldon.protos.*|tensorflow.serving.*|inference.*)/.*",
        "prefix_regex": True,
        "grpc": True,
        "rewrite": "",
        "service": "mnist-default.workbench:5001",
        "timeout_ms": 5000,
        "cluster_tag": "seldon_grpc",
    }
    assert {name: spec for name, spec in found.items() if "grpc" in spec} == {
        "seldon-workbench-mnist-default-grpc": {"headers": {"seldon": "mnist", "namespace": "workbench"}, **common},
        "seldon-workbench-mnist-default-grpc-single": {"headers": {"seldon": "mnist"}, **common},
    }


def test_the_short_form_is_for_one_namespace_only() -> None:
    assert set(specs(sdep(namespace="other"))) == {f"seldon-other-mnist-default-{kind}" for kind in ("rest", "grpc")}
    assert len(specs(sdep(), Options())) == 2


def test_the_first_predictor_has_no_weight() -> None:
    found = specs(sdep(predictor("a", traffic=75), predictor("b", traffic=25)))
    assert "weight" not in found["seldon-workbench-mnist-a-rest"]
    assert "weight" not in found["seldon-workbench-mnist-a-rest-single"]
    assert found["seldon-workbench-mnist-b-rest"]["weight"] == 25
    assert found["seldon-workbench-mnist-b-rest-single"]["weight"] == 25


def test_a_share_of_nothing_is_a_weight_of_0() -> None:
    assert specs(sdep(predictor("a", traffic=100), predictor("b")))["seldon-workbench-mnist-b-rest"]["weight"] == 0


def test_a_shadow_gets_a_copy() -> None:
    found = specs(sdep(predictor("s", shadow=True, traffic=20), predictor("a")))
    assert found["seldon-workbench-mnist-s-rest"]["shadow"] is True
    assert found["seldon-workbench-mnist-s-rest"]["weight"] == 20
    assert "weight" not in found["seldon-workbench-mnist-a-rest"]


@pytest.mark.parametrize(
    ("metadata", "spec", "own", "expected"),
    [
        ("10000", None, None, (10000, 10000)),
        ("10000", "20000", None, (20000, 20000)),
        ("10000", "20000", "30000", (30000, 30000)),
        (None, None, None, (3000, 3000)),
    ],
)
def test_the_innermost_timeout_wins(
    metadata: str | None, spec: str | None, own: str | None, expected: tuple[int, int]
) -> None:
    def noted(text: str | None) -> dict[str, str]:
        return {"seldon.io/rest-timeout": text} if text else {}

    obj = sdep(predictor(annotations=noted(own)), annotations=noted(spec))
    obj["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "{}", **noted(metadata)}
    found = specs(obj, Options())
    assert tuple(found[f"seldon-workbench-mnist-default-{k}"]["timeout_ms"] for k in ("rest", "grpc")) == expected


def test_grpc_may_have_a_timeout_of_its_own() -> None:
    found = specs(sdep(annotations={"seldon.io/grpc-timeout": "90000"}), Options())
    assert found["seldon-workbench-mnist-default-grpc"]["timeout_ms"] == 90000
    assert found["seldon-workbench-mnist-default-rest"]["timeout_ms"] == 3000


def test_the_idle_timeout_follows_a_long_timeout() -> None:
    """A gateway ends streams on which nothing is sent for 300 s."""
    longest = specs(sdep(annotations={"seldon.io/rest-timeout": "600000"}), Options())
    assert {spec["idle_timeout_ms"] for spec in longest.values()} == {600000}
    assert all(
        "idle_timeout_ms" not in spec for spec in specs(sdep(annotations={"seldon.io/rest-timeout": "300000"})).values()
    )


def test_the_gateways_annotations_are_served() -> None:
    notes = {
        "service-name": "shown", "header": "location: london", "regex-header": "agent: .*chrome.*", "id": "two",
        "retries": "3", "circuit-breakers-max-connections": "10", "circuit-breakers-max-pending-requests": "20",
        "circuit-breakers-max-requests": "30", "circuit-breakers-max-retries": "0",
    }  # fmt: skip
    found = specs(sdep(annotations={f"seldon.io/ambassador-{key}": value for key, value in notes.items()}), Options())
    rest, grpc = (found[f"seldon-workbench-mnist-default-{kind}"] for kind in ("rest", "grpc"))
    assert rest["prefix"] == "/seldon/workbench/shown/"
    assert rest["headers"] == {"location": "london"}
    assert grpc["headers"] == {"seldon": "shown", "namespace": "workbench", "location": "london"}
    for spec in (rest, grpc):
        assert spec["regex_headers"] == {"agent": ".*chrome.*"}
        assert spec["ambassador_id"] == ["two"]
        assert spec["retry_policy"] == {"retry_on": "gateway-error", "num_retries": 3}
        assert spec["circuit_breakers"] == [
            {"max_connections": 10, "max_pending_requests": 20, "max_requests": 30, "max_retries": 0}
        ]


def test_a_header_without_a_value_is_there_at_all() -> None:
    found = specs(sdep(annotations={"seldon.io/ambassador-header": "location"}), Options())
    assert found["seldon-workbench-mnist-default-rest"]["headers"] == {"location": True}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("header", "a: b: c"),
        ("header", "a b: c"),
        ("regex-header", "alone"),
        ("retries", "many"),
        ("circuit-breakers-max-requests", "-1"),
        ("service-name", "../../hub"),
        ("service-name", "a/b"),
    ],
)
def test_a_setting_of_the_gateway_that_cannot_be_is_refused(key: str, value: str) -> None:
    with pytest.raises(Refused, match=rf"ambassador-{key}\] is"):
        parse(sdep(annotations={f"seldon.io/ambassador-{key}": value}))


def test_every_protocol_has_routes_of_its_predictor() -> None:
    for protocol in ("seldon", "v2", "kfserving", "tensorflow"):
        found = mappings(parse(sdep(protocol=protocol), WHOLE), Options())
        assert [m["spec"]["service"] for m in found] == ["mnist-default.workbench:8000", "mnist-default.workbench:5001"]
