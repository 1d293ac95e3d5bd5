"""Graphs: Pods, Services and the service orchestrator that walks through them."""

import base64
import json
from typing import Any

import pytest
from seldon_examples import WHOLE, changed, graph, predictor, sdep, unit
from slipway_seldon.parse import parse
from slipway_seldon.render import Desired, render

Obj = dict[str, Any]
ENGINE = "seldon-container-engine"
COMBINER = unit("joined", unit("a", type="MODEL"), unit("b", type="MODEL"), type="COMBINER")


def desired(obj: Obj) -> Desired:
    return render(parse(obj, WHOLE), WHOLE)


def pods(obj: Obj) -> dict[str, Obj]:
    """PodSpecs by the Deployments' names."""
    return {d["metadata"]["name"]: d["spec"]["template"]["spec"] for d in desired(obj).deployments}


def engine(obj: Obj) -> Obj:
    (found,) = [c for pod in pods(obj).values() for c in pod["containers"] if c["name"] == ENGINE]
    return dict(found)


def told(obj: Obj) -> Obj:
    """What the orchestrator knows of the predictor."""
    env = {item["name"]: item.get("value", "") for item in engine(obj)["env"]}
    return dict(json.loads(base64.b64decode(env["ENGINE_PREDICTOR"])))


def ports(obj: Obj) -> dict[str, Any]:
    return {s["metadata"]["name"]: [p["targetPort"] for p in s["spec"]["ports"]] for s in desired(obj).services}


def test_a_plain_model_has_none() -> None:
    assert [[c["name"] for c in pod["containers"]] for pod in pods(sdep()).values()] == [["classifier"]]


def test_a_graph_in_one_pod() -> None:
    """Ports are counted in the order of the containers; the orchestrator comes first, so that the predictor's Service
    finds its ports by the names that a Pod without one has, too."""
    obj = sdep(graph(COMBINER, ["a", "b", "joined"]))
    (pod,) = pods(obj).values()
    assert [c["name"] for c in pod["containers"]] == [ENGINE, "a", "b", "joined"]
    assert [[p["containerPort"] for p in c["ports"]] for c in pod["containers"][1:]] == [
        [9000, 9500, 6000],
        [9001, 9501, 6001],
        [9002, 9502, 6002],
    ]
    assert ports(obj) == {
        "mnist-default": ["http", "grpc"],
        "mnist-default-joined": [9002, 9502],
        "mnist-default-a": [9000, 9500],
        "mnist-default-b": [9001, 9501],
    }
    known = told(obj)["graph"]
    assert (known["name"], known["type"], known["endpoint"]["service_host"]) == ("joined", "COMBINER", "localhost")
    assert [(c["name"], c["endpoint"]["httpPort"], c["endpoint"]["grpcPort"]) for c in known["children"]] == [
        ("a", 9000, 9500),
        ("b", 9001, 9501),
    ]


def test_units_in_pods_of_their_own() -> None:
    """The orchestrator is in the first; the others are found by their Services."""
    obj = sdep(graph(COMBINER, ["joined"], ["a", "other"], ["b"]))
    found = desired(obj)
    assert [d["metadata"]["name"] for d in found.deployments] == [
        "mnist-default-0-joined",
        "mnist-default-1-a-other",
        "mnist-default-2-b",
    ]
    assert [[c["name"] for c in pod["containers"]] for pod in pods(obj).values()] == [
        [ENGINE, "joined"],
        ["a", "other"],
        ["b"],
    ]
    labels = [d["spec"]["template"]["metadata"]["labels"] for d in found.deployments]
    assert [label.get("seldon-app") for label in labels] == ["mnist-default", None, None]
    for service in found.services:
        selected = [label for label in labels if service["spec"]["selector"].items() <= label.items()]
        assert len(selected) == 1, service["metadata"]["name"]
    hosts = {c["name"]: c["endpoint"]["service_host"] for c in told(obj)["graph"]["children"]}
    assert hosts == {n: f"mnist-default-{n}.workbench.svc.cluster.local" for n in "ab"}
    assert ports(obj)["mnist-default-b"] == ["http", "grpc"]


def test_ports_are_counted_over_the_pods_of_a_predictor() -> None:
    """As upstream's operator counts: containers that are no unit, too, and servers that nobody wrote come last."""
    server = unit("s", implementation="SKLEARN_SERVER", modelUri="s3://s")
    root = unit("joined", unit("a"), server, type="COMBINER")
    obj = sdep(graph(root, ["joined", "sidecar"], ["a"]))
    units = {u.name: (u.http_port, u.grpc_port, u.metrics_port) for u in parse(obj, WHOLE).predictors[0].graph.walk()}
    assert units == {"joined": (9000, 9500, 6000), "a": (9002, 9502, 6001), "s": (9003, 9503, 6002)}


def test_a_unit_does_not_get_the_orchestrators_ports() -> None:
    """Upstream takes no notice of an endpoint's ports."""
    wish = {"httpPort": 8000, "grpcPort": 5001}
    obj = changed(sdep(), "spec.predictors.0.graph.endpoint", wish)
    alone = parse(obj).predictors[0].graph
    assert (alone.http_port, alone.grpc_port) == (8000, 5001)
    beside = parse(changed(obj, "spec.protocol", "v2"), WHOLE).predictors[0].graph
    assert (beside.http_port, beside.grpc_port) == (9000, 9500)


def test_labels_name_the_types() -> None:
    found = desired(sdep(graph(COMBINER, ["joined", "a"], ["b"])))
    first, second = (d["spec"]["template"]["metadata"]["labels"] for d in found.deployments)
    assert {k for k in first if k.startswith("seldon.io/")} == {"seldon.io/combiner", "seldon.io/model"}
    assert {k for k in second if k.startswith("seldon.io/")} == {"seldon.io/model"}
    assert (first["seldon-deployment-contains-svcorch"], second.get("seldon-deployment-contains-svcorch")) == (
        "true",
        None,
    )


def test_an_orchestrator_in_pods_of_its_own() -> None:
    spec = {"replicas": 3, "resources": {"requests": {"cpu": "1"}}}
    obj = sdep(predictor(svcOrchSpec=spec), annotations={"seldon.io/engine-separate-pod": "true"})
    alone, model = desired(obj).deployments
    assert (alone["metadata"]["name"], alone["spec"]["replicas"]) == ("mnist-default-svc-orch", 3)
    assert [c["name"] for c in alone["spec"]["template"]["spec"]["containers"]] == [ENGINE]
    assert [c["name"] for c in model["spec"]["template"]["spec"]["containers"]] == ["classifier"]
    assert model["spec"]["replicas"] == 1
    assert "seldon-app" not in model["spec"]["template"]["metadata"]["labels"]
    assert told(obj)["graph"]["endpoint"]["service_host"] == "mnist-default-classifier.workbench.svc.cluster.local"
    assert engine(obj)["resources"] == {"requests": {"cpu": "1"}}


def test_what_is_built_in_needs_no_container() -> None:
    """As a whole graph: the orchestrator is all that there is."""
    obj = sdep({"name": "default", "graph": unit("only", implementation="SIMPLE_MODEL")})
    found = desired(obj)
    assert [d["metadata"]["name"] for d in found.deployments] == ["mnist-default-svc-orch"]
    assert [s["metadata"]["name"] for s in found.services] == ["mnist-default"]
    assert "endpoint" not in told(obj)["graph"]
    split = unit("split", unit("a"), unit("b"), implementation="RANDOM_ABTEST")
    (pod,) = pods(sdep(graph(split, ["a", "b"]))).values()
    assert [c["name"] for c in pod["containers"]] == [ENGINE, "a", "b"]
    assert told(sdep(graph(split, ["a", "b"])))["graph"]["type"] == "ROUTER"


def test_the_arguments_are_upstreams() -> None:
    obj = sdep(protocol="v2", transport="grpc", annotations={"seldon.io/executor-logger-queue-size": "50"})
    flags = engine(obj)["args"]
    assert dict(zip(flags[:-1:2], flags[1::2], strict=True)) == {
        "--sdep": "mnist",
        "--namespace": "workbench",
        "--predictor": "default",
        "--http_port": "8000",
        "--grpc_port": "5001",
        "--protocol": "v2",
        "--transport": "grpc",
        "--prometheus_path": "/prometheus",
        "--server_type": "rpc",
        "--log_work_buffer_size": "50",
        "--log_write_timeout_ms": "2000",
    }
    assert flags[-1] == "--full_health_checks=false"
    assert told(obj)["graph"]["endpoint"]["service_port"] == 9500


def test_its_environment_is_the_objects() -> None:
    """svcOrchSpec wins over annotations."""
    env = [
        {"name": "LOG_LEVEL", "value": "info"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    notes = {"seldon.io/engine-log-level": "debug", "seldon.io/engine-trace-it": "yes"}
    found = engine(sdep(predictor(svcOrchSpec={"env": env}), annotations=notes))["env"]
    assert len({item["name"] for item in found}) == len(found)
    named = {item["name"]: item.get("value") for item in found}
    assert (named["LOG_LEVEL"], named["TRACE_IT"], named["SECRET"]) == ("info", "yes", None)
    assert named["REQUEST_LOGGER_DEFAULT_ENDPOINT"] == "http://default-broker"


def test_its_container_may_run_anywhere() -> None:
    found = engine(sdep(protocol="v2"))
    assert found["image"] == "executor:1"
    assert found["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsUser": 8888,
        "runAsNonRoot": True,
        "readOnlyRootFilesystem": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    paths = {kind: found[f"{kind}Probe"]["httpGet"]["path"] for kind in ("readiness", "liveness", "startup")}
    assert paths == {"readiness": "/ready", "liveness": "/live", "startup": "/live"}
    assert found["volumeMounts"] == [{"name": "seldon-podinfo", "mountPath": "/etc/podinfo"}]
    assert [(p["name"], p["containerPort"]) for p in found["ports"]] == [("http", 8000), ("grpc", 5001)]
    assert len({p["containerPort"] for p in found["ports"]}) == 2, "server-side apply takes a number once"


def test_it_is_told_what_requests_depend_on_and_no_more() -> None:
    root = unit(
        "t",
        unit(
            "m", logger={"mode": "all", "url": "http://logger"}, parameters=[{"name": "x", "value": "1", "type": "INT"}]
        ),
        methods=["TRANSFORM_INPUT", "TRANSFORM_OUTPUT"],
    )
    obj = sdep(graph(root, ["t", "m"], labels={"team": "a"}, annotations={"version": "2"}, traffic=100, replicas=3))
    obj = changed(
        obj, "spec.predictors.0.componentSpecs.0.spec.containers.1.env", [{"name": "TOKEN", "value": "secret"}]
    )
    known = told(obj)
    assert "secret" not in json.dumps(known)
    assert known["graph"]["methods"] == ["TRANSFORM_INPUT", "TRANSFORM_OUTPUT"]
    assert "type" not in known["graph"]
    (child,) = known["graph"]["children"]
    assert child["logger"] == {"mode": "all", "url": "http://logger"}
    assert child["parameters"] == [{"name": "x", "value": "1", "type": "INT"}]
    assert known["labels"] == {"team": "a", "version": "default"}
    assert known["annotations"] == {"version": "2"}
    assert known["componentSpecs"][0]["spec"]["containers"] == [
        {"name": "t", "image": "t:1"},
        {"name": "m", "image": "m:1"},
    ]


@pytest.mark.parametrize(("key", "values"), [("traffic", (100, 0)), ("replicas", (1, 5))])
def test_no_pod_is_replaced_for_a_number(key: str, values: tuple[int, int]) -> None:
    one, other = (desired(sdep(graph(COMBINER, ["joined", "a", "b"], **{key: v}))).deployments[0] for v in values)
    assert one["spec"]["template"] == other["spec"]["template"]


def test_seldons_annotations_of_metadata_reach_the_pods() -> None:
    """The orchestrator and the microservice read timeouts there; what tools write into metadata is left out."""
    obj = sdep(protocol="v2", annotations={"seldon.io/grpc-timeout": "7"})
    obj["metadata"]["annotations"] = {"seldon.io/rest-timeout": "9", "seldon.io/grpc-timeout": "1", "tool": "x"}
    found = desired(obj).deployments[0]["spec"]["template"]["metadata"]["annotations"]
    assert (found["seldon.io/rest-timeout"], found["seldon.io/grpc-timeout"]) == ("9", "7")
    assert "tool" not in found


def test_a_headless_service_leads_to_pods_that_listen_on_its_ports() -> None:
    found = desired(sdep(annotations={"seldon.io/headless-svc": "true"}))
    assert found.services[0]["spec"]["clusterIP"] == "None"
    assert "clusterIP" not in found.services[1]["spec"]
    engines = found.deployments[0]["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert [p["port"] for p in found.services[0]["spec"]["ports"]] == [p["containerPort"] for p in engines]


def test_no_engine_of_a_predictor_is_its_own() -> None:
    """Where upstream reads it."""
    quiet = predictor("a", traffic=50, annotations={"seldon.io/no-engine": "true"})
    found = desired(sdep(quiet, predictor("b", traffic=50), protocol="v2"))
    names = [[c["name"] for c in d["spec"]["template"]["spec"]["containers"]] for d in found.deployments]
    assert names == [["classifier"], [ENGINE, "classifier"]]
    assert [p["port"] for p in found.services[0]["spec"]["ports"]] == [9000, 9500]


@pytest.mark.parametrize(
    ("spec", "port", "path"),
    [
        ({}, 9000, "/health/ping"),
        ({"protocol": "v2"}, 9000, "/v2/health/ready"),
        ({"protocol": "tensorflow"}, 9000, None),
        ({"transport": "grpc"}, 9500, None),
    ],
)
def test_a_unit_is_asked_in_its_protocol(spec: Obj, port: int, path: str | None) -> None:
    found = desired(sdep(**spec)).deployments[0]["spec"]["template"]["spec"]["containers"][-1]
    assert found["readinessProbe"]["tcpSocket"]["port"] == port
    assert found.get("startupProbe", {}).get("httpGet", {}).get("path") == path
    env = {item["name"]: item["value"] for item in found["env"]}
    assert env["PREDICTIVE_UNIT_SERVICE_PORT"] == str(port)
