"""The Mappings: prefixes, weights, timeouts, the short form."""

from typing import Any

from seldon_examples import predictor, sdep
from slipway_seldon.mappings import mappings
from slipway_seldon.model import Options
from slipway_seldon.parse import parse

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
    assert found == {
        "seldon-workbench-mnist-default-rest": {"prefix": "/seldon/workbench/mnist/", **common},
        "seldon-workbench-mnist-default-rest-single": {"prefix": "/seldon/mnist/", **common},
    }


def test_the_short_form_is_for_one_namespace_only() -> None:
    assert len(specs(sdep(namespace="other"))) == 1
    assert len(specs(sdep(), Options())) == 1


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
