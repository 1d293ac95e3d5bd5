"""What this edition lacks is said, never ignored."""

from typing import Any

import pytest
from seldon_examples import changed, sdep
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused

P, G, C = "spec.predictors.0", "spec.predictors.0.graph", "spec.predictors.0.componentSpecs.0"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.protocol", "tensorflow", "other protocols"),
        ("spec.protocol", "v2", "other protocols"),
        ("spec.transport", "grpc", "other transports"),
        ("spec.serverType", "kafka", "Kafka"),
        ("spec.annotations", {"seldon.io/headless-svc": "true"}, "headless"),
        ("spec.annotations", {"seldon.io/engine-separate-pod": "true"}, "Pod of its own"),
        ("spec.annotations", {"seldon.io/ambassador-config": "---"}, "raw Ambassador settings"),
        ("spec.annotations", {"seldon.io/ambassador-retries": "3"}, "raw Ambassador settings"),
        ("spec.annotations", {"seldon.io/istio-gateway": "g"}, "Istio"),
        ("spec.annotations", {"seldon.io/grpc-timeout": "3"}, "gRPC"),
        (f"{P}.explainer", {"type": "AnchorTabular"}, "explainers"),
        (f"{P}.ssl", {"certSecretName": "s"}, "TLS"),
        (f"{P}.svcOrchSpec", {"replicas": 2}, "service orchestrator"),
        (f"{P}.engineResources", {"requests": {"cpu": "1"}}, "service orchestrator"),
        (f"{C}.hpaSpec", {"maxReplicas": 3}, "autoscaling"),
        (f"{C}.kedaSpec", {"maxReplicaCount": 3}, "autoscaling"),
        (f"{C}.pdbSpec", {"maxUnavailable": 1}, "disruption budgets"),
        (f"{G}.children", [{"name": "b"}], "graphs of several units"),
        (f"{G}.type", "TRANSFORMER", "other than MODEL"),
        (f"{G}.type", "ROUTER", "other than MODEL"),
        (f"{G}.type", "COMBINER", "other than MODEL"),
        (f"{G}.type", "OUTPUT_TRANSFORMER", "other than MODEL"),
        (f"{G}.implementation", "SKLEARN_SERVER", "prepackaged servers"),
        (f"{G}.implementation", "RANDOM_ABTEST", "prepackaged servers"),
        (f"{G}.modelUri", "gs://bucket/model", "downloads of models"),
        (f"{G}.methods", ["TRANSFORM_INPUT"], "other than MODEL"),
        (f"{G}.envSecretRefName", "s", "downloads of models"),
        (f"{G}.serviceAccountName", "s", "downloads of models"),
        (f"{G}.storageInitializerImage", "s", "downloads of models"),
        (f"{G}.logger", {"mode": "all"}, "payload logging"),
        (f"{G}.endpoint", {"type": "GRPC"}, "other transports"),
        (f"{G}.endpoint", {"service_host": "elsewhere"}, "outside of the predictor's Pods"),
    ],
)
def test_the_sentence_names_the_field_and_the_edition(path: str, value: Any, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(changed(sdep(), path, value))
    sentence = str(refused.value)
    assert said in sentence
    assert "compact edition" in sentence
    assert path.replace(".0", "[0]") in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.protocol", "seldon"),
        ("spec.transport", "rest"),
        ("spec.serverType", "rpc"),
        ("spec.name", "old"),
        ("spec.oauth_key", "old"),
        ("spec.annotations", {"seldon.io/headless-svc": "false", "seldon.io/no-engine": "true", "team": "a"}),
        (f"{P}.engineResources", {}),
        (f"{P}.svcOrchSpec", {}),
        (f"{G}.children", []),
        (f"{G}.implementation", "UNKNOWN_IMPLEMENTATION"),
        (f"{G}.endpoint", {"type": "REST", "service_host": "localhost"}),
        (f"{G}.methods", []),
    ],
)
def test_what_changes_nothing_is_accepted(path: str, value: Any) -> None:
    assert parse(changed(sdep(), path, value))
