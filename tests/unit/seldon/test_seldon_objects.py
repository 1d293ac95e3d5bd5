"""From a SeldonDeployment to its Deployment and Services."""

import json
from typing import Any

from seldon_examples import changed, predictor, sdep
from slipway_seldon.options import Options
from slipway_seldon.parse import parse
from slipway_seldon.render import HASH, Desired, render

Obj = dict[str, Any]
POD = "spec.predictors.0.componentSpecs.0.spec"
CONTAINER = f"{POD}.containers.0"


def desired(obj: Obj) -> Desired:
    return render(parse(obj), Options("workbench"))


def container(obj: Obj, index: int = 0) -> Obj:
    found: Obj = desired(obj).deployments[0]["spec"]["template"]["spec"]["containers"][index]
    return found


def env(obj: Obj) -> dict[str, str]:
    return {item["name"]: item.get("value") for item in container(obj)["env"]}


def test_the_environment_is_upstreams() -> None:
    assert env(sdep(predictor(labels={"team": "a"}))) == {
        "PREDICTIVE_UNIT_SERVICE_PORT": "9000",
        "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "9000",
        "MLSERVER_HTTP_PORT": "9000",
        "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": "9500",
        "MLSERVER_GRPC_PORT": "9500",
        "PREDICTIVE_UNIT_ID": "classifier",
        "MLSERVER_MODEL_NAME": "classifier",
        "PREDICTIVE_UNIT_IMAGE": "model:1",
        "PREDICTOR_ID": "default",
        "PREDICTOR_LABELS": '{"team":"a","version":"default"}',
        "SELDON_DEPLOYMENT_ID": "mnist",
        "SELDON_EXECUTOR_ENABLED": "true",
        "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": "6000",
        "PREDICTIVE_UNIT_METRICS_ENDPOINT": "/prometheus",
        "MLSERVER_METRICS_PORT": "6000",
        "MLSERVER_METRICS_ENDPOINT": "/prometheus",
    }


def test_parameters_are_handed_to_the_model() -> None:
    parameter = {"name": "factor", "value": "2.5", "type": "FLOAT"}
    found = env(changed(sdep(), "spec.predictors.0.graph.parameters", [parameter]))
    assert json.loads(found["PREDICTIVE_UNIT_PARAMETERS"]) == [parameter]


def test_the_users_environment_wins_and_is_not_doubled() -> None:
    obj = changed(
        sdep(), f"{CONTAINER}.env", [{"name": "MLSERVER_HTTP_PORT", "value": "1"}, {"name": "A", "value": "b"}]
    )
    names = [item["name"] for item in container(obj)["env"]]
    assert len(names) == len(set(names))
    assert (env(obj)["MLSERVER_HTTP_PORT"], env(obj)["A"]) == ("1", "b")


def test_ports_probes_and_the_end() -> None:
    found = container(sdep())
    assert [(p["name"], p["containerPort"]) for p in found["ports"]] == [
        ("http", 9000),
        ("grpc", 9500),
        ("metrics", 6000),
    ]
    assert found["livenessProbe"]["tcpSocket"] == {"port": 9000}
    assert found["readinessProbe"]["tcpSocket"] == {"port": 9000}
    assert found["startupProbe"]["httpGet"] == {"path": "/health/ping", "port": 9000}
    assert found["lifecycle"] == {"preStop": {"sleep": {"seconds": 10}}}
    pod = desired(sdep()).deployments[0]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 20
    assert pod["volumes"][0]["name"] == "seldon-podinfo"
    assert found["volumeMounts"] == [{"name": "seldon-podinfo", "mountPath": "/etc/podinfo"}]


def test_an_unnamed_port_of_the_same_number_gets_the_name() -> None:
    obj = changed(sdep(), f"{CONTAINER}.ports", [{"containerPort": 9000}, {"containerPort": 9000, "protocol": "UDP"}])
    assert container(obj)["ports"][:2] == [
        {"containerPort": 9000, "name": "http"},
        {"containerPort": 9000, "protocol": "UDP"},
    ]


def test_own_probes_and_lifecycle_are_left_alone() -> None:
    probe = {"httpGet": {"path": "/ready", "port": 9000}}
    obj = changed(changed(sdep(), f"{CONTAINER}.readinessProbe", probe), f"{CONTAINER}.lifecycle", {"postStart": {}})
    found = container(obj)
    assert found["readinessProbe"] == probe
    assert "startupProbe" not in found
    assert found["lifecycle"] == {"postStart": {}}


def test_pods_have_no_more_rights_than_they_need() -> None:
    pod = desired(sdep()).deployments[0]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {
        "runAsUser": 8888,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    named = changed(sdep(), "spec.predictors.0.componentSpecs.0.spec.serviceAccountName", "mine")
    assert "automountServiceAccountToken" not in desired(named).deployments[0]["spec"]["template"]["spec"]


def test_who_asks_for_root_by_name_is_not_held_by_a_default() -> None:
    """Whether it may be is for the policy of the namespace."""
    obj = changed(sdep(), f"{CONTAINER}.securityContext", {"runAsUser": 0})
    pod = desired(obj).deployments[0]["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsUser": 8888, "seccompProfile": {"type": "RuntimeDefault"}}
    assert pod["containers"][0]["securityContext"] == {"runAsUser": 0}


def test_the_pause_before_the_end_fits_into_the_grace_period() -> None:
    for grace, seconds in ((60, 10), (5, 2), (0, None)):
        found = container(changed(sdep(), f"{POD}.terminationGracePeriodSeconds", grace))
        assert found.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds") == seconds


def test_a_sidecar_is_left_as_it_is() -> None:
    obj = sdep()
    sidecar = {"name": "sidecar", "image": "s"}
    obj["spec"]["predictors"][0]["componentSpecs"][0]["spec"]["containers"].append(sidecar)
    assert container(obj, 1) == sidecar
    assert desired(obj).deployments[0]["metadata"]["name"] == "mnist-default-0-classifier-sidecar"


def test_labels_and_selectors_fit_together() -> None:
    found = desired(sdep(predictor(labels={"app": "mine", "seldon-app": "mine", "team": "a"})))
    deployment = found.deployments[0]
    pods = deployment["spec"]["template"]["metadata"]["labels"]
    assert pods["team"] == "a"
    assert pods["seldon.io/model"] == "true"
    assert pods["fluentd"] == "true"
    assert pods["version"] == "default"
    for selector in (deployment["spec"]["selector"]["matchLabels"], *(s["spec"]["selector"] for s in found.services)):
        assert selector.items() <= pods.items()


def test_annotations_reach_the_pods() -> None:
    obj = sdep(predictor(annotations={"b": "predictor"}), annotations={"seldon.io/rest-timeout": "7000", "b": "spec"})
    pod = desired(obj).deployments[0]["spec"]["template"]["metadata"]["annotations"]
    assert pod["seldon.io/rest-timeout"] == "7000"
    assert pod["b"] == "predictor"
    assert pod["prometheus.io/scrape"] == "true"


def test_the_services_lead_to_the_unit() -> None:
    ports = {
        s["metadata"]["name"]: [(p["name"], p["port"], p["targetPort"]) for p in s["spec"]["ports"]]
        for s in desired(sdep()).services
    }
    assert ports == {
        "mnist-default": [("http", 8000, "http"), ("grpc", 5001, "grpc")],
        "mnist-default-classifier": [("http", 9000, "http"), ("grpc", 9500, "grpc")],
    }


def test_no_engine_has_the_units_ports() -> None:
    found = desired(sdep(annotations={"seldon.io/no-engine": "true"}))
    assert [p["port"] for p in found.services[0]["spec"]["ports"]] == [9000, 9500]
    assert found.mappings[0]["spec"]["service"] == "mnist-default.workbench:9000"


def test_no_pod_less_while_a_version_comes() -> None:
    spec = desired(sdep()).deployments[0]["spec"]
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert spec["minReadySeconds"] == 1


def test_everything_is_owned_and_marked() -> None:
    found = desired(sdep())
    for obj in (*found.services, *found.deployments, *found.mappings):
        owner = obj["metadata"]["ownerReferences"][0]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("SeldonDeployment", "u-1", True)
        assert obj["metadata"]["labels"]["seldon-deployment-id"] == "mnist"
        assert obj["metadata"]["annotations"][HASH]


def test_the_hash_follows_the_spec() -> None:
    one = desired(sdep()).deployments[0]["metadata"]["annotations"][HASH]
    assert one == desired(sdep()).deployments[0]["metadata"]["annotations"][HASH]
    assert (
        one != desired(changed(sdep(), f"{CONTAINER}.image", "model:2")).deployments[0]["metadata"]["annotations"][HASH]
    )


def test_long_names_fit_everywhere() -> None:
    obj = sdep(predictor("p" * 63), name="m" + "n" * 80)
    obj = changed(obj, f"{CONTAINER}.name", "c" * 63)
    found = desired(changed(obj, "spec.predictors.0.graph.name", "c" * 63))
    for each in (*found.services, *found.deployments):
        assert len(each["metadata"]["name"]) <= 63
        for key, value in each["metadata"]["labels"].items():
            assert len(key.rpartition("/")[2]) <= 63
            assert len(value) <= 63


def test_nothing_of_the_users_object_is_changed() -> None:
    obj = changed(sdep(), f"{CONTAINER}.ports", [{"containerPort": 9000}])
    before = json.dumps(obj)
    desired(obj)
    assert json.dumps(obj) == before
