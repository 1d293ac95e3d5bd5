"""Servers by name and downloads of models: what is configured is served, what is not is refused by name."""

import json
from dataclasses import replace
from typing import Any

import pytest
from seldon_examples import WHOLE, changed, sdep, unit
from slipway_seldon.options import options
from slipway_seldon.parse import parse
from slipway_seldon.refusal import Refused
from slipway_seldon.render import render

Obj = dict[str, Any]


def served(implementation: str, uri: str = "s3://models/m", protocol: str = "seldon", **more: Any) -> Obj:
    root = unit("m", implementation=implementation, **({"modelUri": uri} if uri else {}), **more)
    return sdep({"name": "default", "graph": root}, protocol=protocol)


def pod(obj: Obj) -> Obj:
    found: Obj = render(parse(obj, WHOLE), WHOLE).deployments[0]["spec"]["template"]["spec"]
    return found


def container(obj: Obj, name: str = "m") -> Obj:
    return dict(next(c for c in pod(obj)["containers"] if c["name"] == name))


def env(obj: Obj) -> dict[str, str]:
    return {item["name"]: item["value"] for item in container(obj)["env"]}


def test_a_server_of_the_seldon_protocol() -> None:
    obj = served("SKLEARN_SERVER", parameters=[{"name": "method", "value": "predict", "type": "STRING"}])
    assert container(obj)["image"] == "sk:1"
    assert [c["name"] for c in pod(obj)["containers"]] == ["m"], "it answers alone, as a container of one's own does"
    assert {p["name"]: p["value"] for p in json.loads(env(obj)["PREDICTIVE_UNIT_PARAMETERS"])} == {
        "method": "predict",
        "model_uri": "/mnt/models",
    }
    assert env(obj)["MLSERVER_MODEL_URI"] == "/mnt/models"
    (found,) = render(parse(obj, WHOLE), WHOLE).deployments
    assert found["metadata"]["name"] == "mnist-default-0-m"


@pytest.mark.parametrize("protocol", ["v2", "kfserving"])
def test_a_server_of_the_v2_protocol(protocol: str) -> None:
    obj = served("SKLEARN_SERVER", protocol=protocol)
    assert container(obj)["image"] == "ml:1"
    assert env(obj)["MLSERVER_MODEL_IMPLEMENTATION"] == "mlserver_sklearn.SKLearnModel"
    assert env(obj)["MLSERVER_HTTP_PORT"] == "9000"
    assert container(obj)["startupProbe"]["httpGet"]["path"] == "/v2/health/ready"


def test_tensorflow_in_its_own_protocol_and_behind_a_proxy() -> None:
    own = container(served("TENSORFLOW_SERVER", protocol="tensorflow"))
    assert own["image"] == "tf:1"
    assert own["args"] == ["--port=9500", "--rest_api_port=9000", "--model_name=m", "--model_base_path=/mnt/models"]
    behind = served("TENSORFLOW_SERVER")
    assert container(behind)["image"] == "proxy:1"
    assert container(behind, "tfserving")["args"][:2] == ["--port=2000", "--rest_api_port=2001"]
    assert "/mnt/models" in [m["mountPath"] for m in container(behind, "tfserving")["volumeMounts"]]
    parameters = {p["name"]: p["value"] for p in json.loads(env(behind)["PREDICTIVE_UNIT_PARAMETERS"])}
    assert parameters == {
        "rest_endpoint": "http://127.0.0.1:2001",
        "grpc_endpoint": "127.0.0.1:2000",
        "model_name": "m",
    }


def test_triton_reads_models_itself_where_it_is_told() -> None:
    obj = served("TRITON_SERVER", protocol="v2")
    assert container(obj)["args"][1:] == [
        "--grpc-port=9500",
        "--http-port=9000",
        "--model-repository=/mnt/models",
        "--strict-model-config=false",
    ]
    assert len(pod(obj)["initContainers"]) == 1
    parameters = [
        {"name": "load_model", "value": "a", "type": "STRING"},
        {"name": "other", "value": "b", "type": "STRING"},
    ]
    itself = served("TRITON_SERVER", protocol="v2", parameters=parameters)
    itself = changed(itself, "spec.annotations", {"seldon.io/no-storage-initializer": "true"})
    assert container(itself)["args"][3:] == ["--model-repository=s3://models/m", "--load-model=a"]
    assert "initContainers" not in pod(itself)


def test_huggingface_may_have_no_model_of_its_own() -> None:
    obj = served("HUGGINGFACE_SERVER", uri="", protocol="v2")
    assert env(obj)["MLSERVER_MODEL_IMPLEMENTATION"] == "mlserver_huggingface.HuggingFaceRuntime"
    assert env(obj)["MLSERVER_PARALLEL_WORKERS"] == "0"
    assert "initContainers" not in pod(obj)


def test_the_download_comes_before_everything() -> None:
    obj = served("SKLEARN_SERVER", envSecretRefName="bucket")
    (init,) = pod(obj)["initContainers"]
    assert (init["name"], init["image"]) == ("m-model-initializer", "init:1")
    assert init["args"] == ["s3://models/m", "/mnt/models"]
    assert init["envFrom"] == [{"secretRef": {"name": "bucket"}}]
    assert init["resources"]["limits"] == {"cpu": "1", "memory": "2Gi"}
    assert init["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    volumes = {v["name"]: v for v in pod(obj)["volumes"]}
    assert volumes["m-provision-location"]["emptyDir"] == {}
    mount = next(m for m in container(obj)["volumeMounts"] if m["mountPath"] == "/mnt/models")
    assert (mount["name"], mount["readOnly"]) == ("m-provision-location", True)


def test_a_model_on_a_claim() -> None:
    obj = served("SKLEARN_SERVER", uri="pvc://claim/some/where")
    (init,) = pod(obj)["initContainers"]
    assert init["args"] == ["/mnt/pvc/some/where", "/mnt/models"]
    claims = [v["persistentVolumeClaim"]["claimName"] for v in pod(obj)["volumes"] if "persistentVolumeClaim" in v]
    assert claims == ["claim"]
    assert {m["mountPath"] for m in init["volumeMounts"]} == {"/mnt/pvc", "/mnt/models"}
    assert "/mnt/pvc" in {m["mountPath"] for m in container(obj)["volumeMounts"]}


def test_a_container_of_ones_own_may_have_a_model_too() -> None:
    obj = changed(sdep(), "spec.predictors.0.graph.modelUri", "gs://bucket/model")
    obj = changed(obj, "spec.predictors.0.graph.storageInitializerImage", "mine:1")
    found = render(parse(obj), WHOLE).deployments[0]["spec"]["template"]["spec"]
    assert found["initContainers"][0]["image"] == "mine:1"
    assert [c["image"] for c in found["containers"]] == ["model:1"]


def test_what_the_author_set_stays() -> None:
    obj = served("SKLEARN_SERVER", protocol="v2")
    mine = {"name": "m", "image": "mine:1", "env": [{"name": "MLSERVER_MODEL_VERSION", "value": "v7"}]}
    obj = changed(obj, "spec.predictors.0.componentSpecs", [{"spec": {"containers": [mine]}}])
    assert container(obj)["image"] == "mine:1"
    assert env(obj)["MLSERVER_MODEL_VERSION"] == "v7"


def test_servers_of_a_graph_share_a_pod() -> None:
    """Containers that nobody wrote come into the first Pod, as upstream's operator puts them."""
    children = [unit(n, implementation="SKLEARN_SERVER", modelUri=f"s3://{n}") for n in "ab"]
    root = unit("joined", *children, type="COMBINER")
    own = [{"spec": {"containers": [{"name": "joined", "image": "j:1"}]}}]
    (found,) = render(parse(sdep({"name": "default", "graph": root, "componentSpecs": own}), WHOLE), WHOLE).deployments
    spec = found["spec"]["template"]["spec"]
    assert found["metadata"]["name"] == "mnist-default-0-joined-a-b"
    assert [c["name"] for c in spec["containers"]] == ["seldon-container-engine", "joined", "a", "b"]
    assert [c["args"][0] for c in spec["initContainers"]] == ["s3://a", "s3://b"]


def test_the_units_account_is_the_pods() -> None:
    assert pod(served("SKLEARN_SERVER", serviceAccountName="reader"))["serviceAccountName"] == "reader"


@pytest.mark.parametrize(
    ("obj", "said"),
    [
        (served("XGBOOST_SERVER"), "no image of XGBOOST_SERVER for the protocol seldon is configured"),
        (served("TRITON_SERVER"), "no image of TRITON_SERVER for the protocol seldon is configured"),
        (served("MINE", protocol="v2"), "no image of MINE for the protocol v2 is configured"),
        (served("SKLEARN_SERVER", uri=""), "modelUri is missing: SKLEARN_SERVER"),
        (served("SKLEARN_SERVER", protocol="tensorflow"), "does not answer in the protocol tensorflow"),
        (served("SIMPLE_MODEL"), "SIMPLE_MODEL has no container"),
    ],
)
def test_what_is_not_configured_is_refused_by_name(obj: Obj, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(obj, WHOLE)
    assert said in str(refused.value)
    assert "spec.predictors[0].graph" in str(refused.value)


def test_without_an_initializer_no_model_is_fetched() -> None:
    with pytest.raises(Refused, match="no image of one is configured"):
        parse(served("SKLEARN_SERVER"), replace(WHOLE, initializer={}))


def test_settings_are_read_from_the_environment() -> None:
    table = {"SKLEARN_SERVER": {"protocols": {"seldon": {"image": "a:1"}}}}
    found = options({"EXECUTOR_IMAGE": "e:1", "PREDICTOR_SERVERS": json.dumps(table), "GATEWAY_REPORTS": "true"})
    assert (found.executor_image, found.servers, found.initializer, found.gateway_reports) == ("e:1", table, {}, True)
    for text in ("{", "[]"):
        with pytest.raises(ValueError, match="PREDICTOR_SERVERS"):
            options({"PREDICTOR_SERVERS": text})


@pytest.mark.parametrize("entry", [None, 5, {"protocols": 5}, {"protocols": {"seldon": "image"}}, {"protocols": {}}])
def test_a_table_that_says_nothing_serves_nothing(entry: Any) -> None:
    with pytest.raises(Refused, match="operator has none"):
        parse(served("SKLEARN_SERVER"), replace(WHOLE, servers={"SKLEARN_SERVER": entry}))
