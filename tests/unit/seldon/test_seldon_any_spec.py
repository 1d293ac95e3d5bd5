"""Whatever an object holds, it becomes objects or a refusal: never another exception, never half a thing."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from seldon_examples import WHOLE, changed, sdep
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused
from slipway_seldon.render import render

OPTIONS = replace(WHOLE, short_path_namespace="workbench")
scalars = st.none() | st.booleans() | st.integers(-5, 70000) | st.text(max_size=8) | st.floats(allow_nan=False)
WORDS = [
    "name", "graph", "type", "children", "predictors", "componentSpecs", "spec", "containers", "ports", "env",
    "volumeMounts", "volumes", "containerPort", "replicas", "traffic", "annotations", "labels", "metadata",
    "endpoint", "service_port", "parameters", "value", "shadow", "protocol", "logger", "mode", "methods",
    "implementation", "modelUri", "hpaSpec", "pdbSpec", "kedaSpec", "metrics", "maxReplicas", "svcOrchSpec",
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
        "spec.predictors.0.graph.children", "spec.predictors.0.graph.logger", "spec.predictors.0.graph.methods",
        "spec.predictors.0.graph.implementation", "spec.predictors.0.graph.modelUri", "spec.predictors.0.svcOrchSpec",
        "spec.predictors.0.engineResources", "spec.predictors.0.componentSpecs.0.hpaSpec",
        "spec.predictors.0.componentSpecs.0.kedaSpec", "spec.predictors.0.componentSpecs.0.pdbSpec",
        "metadata.annotations", "spec.transport",
        "spec.predictors.0.traffic", "spec.predictors.0.labels", "spec.predictors.0.annotations",
        "spec.predictors.0.replicas", "spec.predictors.0.shadow", "spec.predictors.0.progressDeadlineSeconds",
        "spec.predictors.0.componentSpecs", "spec.predictors.0.componentSpecs.0",
        "spec.predictors.0.componentSpecs.0.metadata", "spec.predictors.0.componentSpecs.0.spec",
        "spec.predictors.0.componentSpecs.0.spec.volumes", "spec.predictors.0.componentSpecs.0.spec.containers",
        "spec.predictors.0.componentSpecs.0.spec.containers.0",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.ports",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.env",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.securityContext",
        "spec.predictors.0.componentSpecs.0.spec.initContainers", "spec.predictors.0.componentSpecs.0.replicas",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.image",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.volumeMounts",
    ]
)  # fmt: skip


def outcome(obj: dict[str, Any]) -> str:
    """ "objects" or "refused"; any other end fails the test."""
    try:
        model = parse(obj, OPTIONS)
        desired = render(model, OPTIONS)
    except Refused as refused:
        assert refused.reasons and all(reason for reason in refused.reasons)
        return "refused"
    units = sum(u.component is not None for p in model.predictors for u in p.graph.walk())
    assert len(desired.services) == len(model.predictors) + units
    assert [d["metadata"]["name"] for d in desired.deployments] == list(model.deployments)
    json.dumps([*desired.deployments, *desired.services, *desired.mappings, *desired.scales])
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
