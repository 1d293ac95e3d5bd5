"""Reading a SeldonDeployment: defaults, and what must hold."""

from typing import Any

import pytest
from seldon_examples import changed, predictor, sdep
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused

POD = "spec.predictors.0.componentSpecs.0.spec"


def test_defaults() -> None:
    model = parse(sdep())
    found = model.predictors[0]
    assert (model.name, model.namespace, model.uid, found.routing.rest) == ("mnist", "workbench", "u-1", 3000)
    assert (found.components[0].replicas, found.traffic, found.progress_deadline) == (1, 0, 600)
    assert (found.graph.http_port, found.graph.grpc_port, found.graph.metrics_port) == (9000, 9500, 6000)
    assert found.labels == {"version": "default"}


def test_type_may_be_left_out() -> None:
    assert parse(changed(sdep(), "spec.predictors.0.graph", {"name": "classifier"})).predictors[0].graph.name


@pytest.mark.parametrize(
    ("spec", "own", "component", "expected"),
    [(2, None, None, 2), (2, 3, None, 3), (2, 3, 4, 4), (None, 0, None, 0), (2, None, 0, 0)],
)
def test_the_innermost_replicas_win(spec: int | None, own: int | None, component: int | None, expected: int) -> None:
    obj = changed(sdep(), "spec.replicas", spec)
    obj = changed(obj, "spec.predictors.0.replicas", own)
    obj = changed(obj, "spec.predictors.0.componentSpecs.0.replicas", component)
    assert parse(obj).predictors[0].components[0].replicas == expected


def test_timeout_comes_from_the_annotation() -> None:
    assert parse(sdep(annotations={"seldon.io/rest-timeout": "10000"})).predictors[0].routing.rest == 10000


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "soon", "9" * 40, "٣"])
def test_a_timeout_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"rest-timeout\] is"):
        parse(sdep(annotations={"seldon.io/rest-timeout": text}))


def test_the_service_may_be_named_by_annotation() -> None:
    assert parse(sdep(predictor(annotations={"seldon.io/svc-name": "mine"}))).predictors[0].service == "mine"
    with pytest.raises(Refused, match="cannot be the name of a Service"):
        parse(sdep(predictor(annotations={"seldon.io/svc-name": "Mine!"})))


def test_a_named_port_wins() -> None:
    obj = changed(sdep(), f"{POD}.containers.0.ports", [{"name": "http", "containerPort": 8080}])
    unit = parse(obj).predictors[0].graph
    assert (unit.http_port, unit.grpc_port) == (8080, 9500)


def test_the_endpoints_port_is_taken() -> None:
    obj = changed(sdep(), "spec.predictors.0.graph.endpoint", {"type": "REST", "service_port": 5000})
    assert parse(obj).predictors[0].graph.http_port == 5000


def test_ports_of_neighbours_are_left_to_them() -> None:
    sidecar = {"name": "sidecar", "image": "s", "ports": [{"containerPort": 9000}, {"containerPort": 6000}]}
    obj = sdep()
    obj["spec"]["predictors"][0]["componentSpecs"][0]["spec"]["containers"].append(sidecar)
    unit = parse(obj).predictors[0].graph
    assert (unit.http_port, unit.grpc_port, unit.metrics_port) == (9001, 9500, 6001)


@pytest.mark.parametrize(
    ("ports", "reason"),
    [
        ([{"name": "web", "containerPort": 9000}], "name it 'http'"),
        (
            [{"name": "http", "containerPort": 9500}, {"name": "grpc", "containerPort": 9500}],
            "named 'grpc', but is the http port",
        ),
        ([{"name": "http", "containerPort": 0}], "within 1 and 65535"),
        ([{"name": "http", "containerPort": "9000"}], "whole number"),
        ("9000", "must be a list"),
        ([9000], "must be an object"),
    ],
)
def test_ports_that_cannot_be(ports: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        parse(changed(sdep(), f"{POD}.containers.0.ports", ports))


def test_a_neighbour_may_not_use_the_units_port_names() -> None:
    obj = sdep()
    sidecar = {"name": "sidecar", "ports": [{"name": "http", "containerPort": 1}]}
    obj["spec"]["predictors"][0]["componentSpecs"][0]["spec"]["containers"].append(sidecar)
    with pytest.raises(Refused, match="may only be in the container of a graph's unit"):
        parse(obj)


def test_the_unit_must_be_a_container() -> None:
    with pytest.raises(Refused, match=r"'other' must be the name of a container in .*classifier"):
        parse(changed(sdep(), "spec.predictors.0.graph.name", "other"))


@pytest.mark.parametrize(("shares", "good"), [((50, 50), True), ((0, 100), True), ((50, 40), False), ((0, 0), False)])
def test_traffic_sums_to_100(shares: tuple[int, int], good: bool) -> None:
    obj = sdep(predictor("a", traffic=shares[0]), predictor("b", traffic=shares[1]))
    if good:
        assert [p.traffic for p in parse(obj).predictors] == list(shares)
    else:
        with pytest.raises(Refused, match="must sum to 100"):
            parse(obj)


@pytest.mark.parametrize(("traffic", "good"), [(0, True), (100, True), (50, False), (101, False), (-1, False)])
def test_traffic_of_a_single_predictor(traffic: int, good: bool) -> None:
    obj = sdep(predictor(traffic=traffic))
    if good:
        assert parse(obj)
    else:
        with pytest.raises(Refused, match="traffic"):
            parse(obj)


def test_a_shadow_does_not_count_in_traffic() -> None:
    model = parse(sdep(predictor("a"), predictor("b", shadow=True, traffic=30)))
    assert [p.shadow for p in model.predictors] == [False, True]
    with pytest.raises(Refused, match="a shadow needs another predictor"):
        parse(sdep(predictor(shadow=True)))
    with pytest.raises(Refused, match="at most one"):
        parse(sdep(predictor("a"), predictor("b", shadow=True), predictor("c", shadow=True)))


def test_names_must_differ() -> None:
    with pytest.raises(Refused, match="name of its own"):
        parse(sdep(predictor("a", traffic=50), predictor("a", traffic=50)))
    # The Service of predictor a-classifier would be the Service of a's container.
    with pytest.raises(Refused, match="two Services would be named mnist-a-classifier"):
        parse(sdep(predictor("a", traffic=50), predictor("a-classifier", traffic=50)))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("spec.predictors", [], "at least one predictor"),
        ("spec.predictors", None, "at least one predictor"),
        ("spec.predictors", {"a": 1}, "must be a list"),
        ("spec.predictors.0.name", "", "lower case"),
        ("spec.predictors.0.name", "A", "lower case"),
        ("spec.predictors.0.graph", None, "graph.name is missing"),
        ("spec.predictors.0.componentSpecs", [], "must be the name of a container"),
        ("spec.predictors.0.componentSpecs", [{}, {}], "must be the name of a container"),
        ("spec.predictors.0.replicas", -1, "within 0 and 1000"),
        ("spec.predictors.0.replicas", True, "whole number"),
        ("spec.predictors.0.labels", {"a": 1}, "must be a string"),
        ("spec.predictors.0.graph.parameters", [{"name": "a", "type": "LIST", "value": ""}], "must be one of INT"),
        ("metadata.name", "1mnist", "a letter first"),
        (f"{POD}.containers", "model", "must be a list"),
        (f"{POD}.containers.0.env", {"A": "b"}, "must be a list"),
        (f"{POD}.volumes", 5, "must be a list"),
    ],
)
def test_what_cannot_be_is_refused(path: str, value: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        parse(changed(sdep(), path, value))


def test_every_predictors_reasons_are_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        parse(sdep(predictor("A"), predictor("b", graph={"name": "other"})))
    assert len(refused.value.reasons) == 2
