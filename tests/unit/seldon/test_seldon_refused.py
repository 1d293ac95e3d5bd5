"""What this edition lacks is said, never ignored."""

from typing import Any

import pytest
from seldon_examples import WHOLE, changed, sdep
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused

P, G, C = "spec.predictors.0", "spec.predictors.0.graph", "spec.predictors.0.componentSpecs.0"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.serverType", "kafka", "Kafka"),
        ("spec.annotations", {"seldon.io/ambassador-config": "---"}, "raw Ambassador settings"),
        ("metadata.annotations", {"seldon.io/ambassador-config": "---"}, "raw Ambassador settings"),
        (f"{P}.annotations", {"seldon.io/ambassador-config": "---"}, "raw Ambassador settings"),
        ("spec.annotations", {"seldon.io/istio-gateway": "g"}, "Istio"),
        (f"{P}.explainer", {"type": "AnchorTabular"}, "explainers"),
        (f"{P}.ssl", {"certSecretName": "s"}, "TLS"),
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


ORCHESTRATED = [
    ("spec.protocol", "tensorflow", "the protocol tensorflow"),
    ("spec.protocol", "v2", "the protocol v2"),
    ("spec.annotations", {"seldon.io/headless-svc": "true"}, "seldon.io/headless-svc"),
    ("spec.annotations", {"seldon.io/engine-separate-pod": "True"}, "seldon.io/engine-separate-pod"),
    ("spec.annotations", {"seldon.io/executor-logger-queue-size": "10"}, "seldon.io/executor-logger-queue-size"),
    ("spec.annotations", {"seldon.io/engine-log-level": "debug"}, "seldon.io/engine-log-level"),
    (f"{P}.svcOrchSpec", {"env": [{"name": "A", "value": "b"}]}, "svcOrchSpec"),
    (f"{P}.engineResources", {"requests": {"cpu": "1"}}, "engineResources"),
    (f"{G}.children", [{"name": "b", "implementation": "SIMPLE_MODEL"}], "a graph of several units"),
    (f"{G}.type", "TRANSFORMER", "other than a MODEL"),
    (f"{G}.type", "ROUTER", "other than a MODEL"),
    (f"{G}.type", "COMBINER", "other than a MODEL"),
    (f"{G}.type", "OUTPUT_TRANSFORMER", "other than a MODEL"),
    (f"{G}.implementation", "SIMPLE_MODEL", "other than a MODEL"),
    (f"{G}.methods", ["TRANSFORM_INPUT"], "other than a MODEL"),
    (f"{G}.logger", {"mode": "all"}, "request logging"),
]


@pytest.mark.parametrize(("path", "value", "why"), ORCHESTRATED)
def test_what_needs_the_orchestrator_says_so(path: str, value: Any, why: str) -> None:
    """Refused where there is no image of it, served where there is."""
    with pytest.raises(Refused, match="no image of it is configured") as refused:
        parse(changed(sdep(), path, value))
    assert why in str(refused.value)
    wanted = parse(changed(sdep(), path, value), WHOLE).predictors[0].orchestrator
    assert wanted is not None
    assert any(why in reason for reason in wanted.reasons)


@pytest.mark.parametrize("path", [f"{G}.type", f"{G}.logger", f"{P}.svcOrchSpec", f"{G}.children"])
def test_without_an_orchestrator_nothing_may_ask_for_one(path: str) -> None:
    value = next(v for p, v, _ in ORCHESTRATED if p == path)
    obj = changed(sdep(annotations={"seldon.io/no-engine": "true"}), path, value)
    with pytest.raises(Refused, match="no-engine leaves one unit alone"):
        parse(obj, WHOLE)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (f"{G}.type", "UNKNOWN_TYPE", "needs methods"),
        (f"{G}.type", "CHOOSER", "is none of"),
        (f"{G}.methods", ["PREDICT"], "must be a list of TRANSFORM_INPUT"),
        (f"{G}.logger", {"url": "http://logger"}, "must be one of all, request, response"),
        (f"{G}.logger", {"mode": "everything"}, "must be one of all, request, response"),
        (f"{G}.endpoint", {"type": "SOAP"}, "is none of GRPC, REST"),
        (f"{G}.endpoint", {"service_host": "elsewhere"}, "its address is made"),
        (f"{G}.envSecretRefName", "s", "there is no modelUri"),
        (f"{G}.storageInitializerImage", "s", "there is no modelUri"),
        (f"{G}.children", [{"name": "classifier"}], "two units are named 'classifier'"),
        (f"{G}.children", [{"name": "b"}], "'b' must be the name of a container"),
        (f"{G}.implementation", "RANDOM_ABTEST", "chooses between two, not 0"),
        (f"{G}.implementation", "SIMPLE_ROUTER", "has none to choose"),
        (f"{C}.hpaSpec", {"minReplicas": 1}, "maxReplicas is missing"),
        (f"{C}.pdbSpec", {"minAvailable": 1, "maxUnavailable": 1}, "not both"),
        (f"{P}.svcOrchSpec", {"replicas": 2}, "set seldon.io/engine-separate-pod"),
        (f"{P}.svcOrchSpec", {"env": [{"value": "b"}]}, "name is missing"),
        (f"{C}.spec.containers.0.name", "seldon-container-engine", "must be the name of a container"),
    ],
)
def test_what_cannot_be_is_refused_though_all_is_configured(path: str, value: Any, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(changed(sdep(), path, value), WHOLE)
    sentence = str(refused.value)
    assert said in sentence
    assert sentence.endswith(".")
    assert "spec.predictors[0]" in sentence


def test_the_orchestrators_ports_are_its_own() -> None:
    obj = changed(sdep(protocol="v2"), f"{C}.spec.containers.0.ports", [{"containerPort": 8000, "name": "http"}])
    with pytest.raises(Refused, match="port 8000 of container classifier is the service orchestrator's"):
        parse(obj, WHOLE)


def test_ab_tests_have_a_share() -> None:
    children = [{"name": n, "implementation": "SIMPLE_MODEL"} for n in "ab"]
    for ratio, good in (("0.3", True), ("1", True), ("1.5", False), ("half", False), ("nan", False)):
        parameters = [{"name": "ratioA", "value": ratio, "type": "FLOAT"}]
        root = {"name": "ab", "implementation": "RANDOM_ABTEST", "children": children, "parameters": parameters}
        obj = changed(sdep(), G, root)
        if good:
            assert parse(obj, WHOLE).predictors[0].graph.type == "ROUTER"
        else:
            with pytest.raises(Refused, match="from 0 to 1"):
                parse(obj, WHOLE)


@pytest.mark.parametrize("protocol", ["v2", "tensorflow"])
def test_built_in_models_answer_in_one_protocol(protocol: str) -> None:
    with pytest.raises(Refused, match="SIMPLE_MODEL answers in the protocol seldon only"):
        parse(changed(sdep(protocol=protocol), f"{G}.implementation", "SIMPLE_MODEL"), WHOLE)


def test_units_speak_one_way() -> None:
    child = {"name": "b", "implementation": "SIMPLE_MODEL", "endpoint": {"type": "GRPC"}}
    mixed = changed(changed(sdep(), f"{G}.endpoint", {"type": "REST"}), f"{G}.children", [child])
    with pytest.raises(Refused, match="REST and GRPC; set one"):
        parse(mixed, WHOLE)
    with pytest.raises(Refused, match="transport is grpc, and"):
        parse(changed(sdep(transport="grpc"), f"{G}.endpoint", {"type": "REST"}))
    assert parse(changed(sdep(transport="grpc"), f"{G}.endpoint", {"type": "GRPC"}))


def test_a_graph_has_an_end() -> None:
    root: dict[str, Any] = {"name": "u0"}
    for number in range(1, 2000):
        root = {"name": f"u{number}", "children": [root]}
    with pytest.raises(Refused, match="deeper than"):
        parse(changed(sdep(), G, root), WHOLE)


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
        (f"{G}.endpoint", {"service_host": "0.0.0.0", "service_port": 9001}),
        ("spec.transport", "grpc"),
        ("spec.annotations", {"seldon.io/grpc-timeout": "3", "seldon.io/ambassador-retries": "3"}),
        (f"{P}.explainer", {}),
        (f"{G}.methods", []),
    ],
)
def test_what_changes_nothing_is_accepted(path: str, value: Any) -> None:
    assert parse(changed(sdep(), path, value))
