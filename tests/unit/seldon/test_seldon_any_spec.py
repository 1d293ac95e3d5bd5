"""Whatever an object holds, it becomes objects or a refusal: never another exception, never half a thing."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from seldon_examples import changed, sdep
from slipway_seldon.model import Options
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused
from slipway_seldon.render import render

scalars = st.none() | st.booleans() | st.integers(-5, 70000) | st.text(max_size=8) | st.floats(allow_nan=False)
WORDS = [
    "name", "graph", "type", "children", "predictors", "componentSpecs", "spec", "containers", "ports", "env",
    "volumeMounts", "volumes", "containerPort", "replicas", "traffic", "annotations", "labels", "metadata",
    "endpoint", "service_port", "parameters", "value", "shadow", "protocol",
]  # fmt: skip
keys = st.sampled_from(WORDS) | st.text(max_size=4)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=12
)
paths = st.sampled_from(
    [
        "metadata", "metadata.name", "metadata.uid", "spec", "spec.replicas", "spec.annotations", "spec.protocol",
        "spec.predictors", "spec.predictors.0", "spec.predictors.0.name", "spec.predictors.0.graph",
        "spec.predictors.0.graph.name", "spec.predictors.0.graph.parameters", "spec.predictors.0.graph.endpoint",
        "spec.predictors.0.traffic", "spec.predictors.0.labels", "spec.predictors.0.annotations",
        "spec.predictors.0.replicas", "spec.predictors.0.shadow", "spec.predictors.0.progressDeadlineSeconds",
        "spec.predictors.0.componentSpecs", "spec.predictors.0.componentSpecs.0",
        "spec.predictors.0.componentSpecs.0.metadata", "spec.predictors.0.componentSpecs.0.spec",
        "spec.predictors.0.componentSpecs.0.spec.volumes", "spec.predictors.0.componentSpecs.0.spec.containers",
        "spec.predictors.0.componentSpecs.0.spec.containers.0",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.ports",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.env",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.image",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.volumeMounts",
    ]
)  # fmt: skip


def outcome(obj: dict[str, Any]) -> str:
    """ "objects" or "refused"; any other end fails the test."""
    try:
        desired = render(parse(obj), Options("workbench"))
    except Refused as refused:
        assert refused.reasons and all(reason for reason in refused.reasons)
        return "refused"
    count = len(parse(obj).predictors)
    assert (len(desired.deployments), len(desired.services)) == (count, 2 * count)
    json.dumps([*desired.deployments, *desired.services, *desired.mappings])
    return "objects"


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), anything))
def test_any_object(obj: dict[str, Any]) -> None:
    assert outcome(obj) in ("objects", "refused")


@settings(max_examples=600, deadline=None)
@given(paths, anything)
def test_a_good_object_with_any_one_field(path: str, value: Any) -> None:
    assert outcome(changed(sdep(), path, value)) in ("objects", "refused")


def test_the_good_object_is_good() -> None:
    assert outcome(sdep()) == "objects"
