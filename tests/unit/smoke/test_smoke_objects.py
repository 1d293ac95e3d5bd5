"""The objects of a smoke run keep the rules of the APIs that they are sent to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from slipway.kube import Obj
from slipway.smoke import names
from slipway.smoke.objects import experiment, jobs, serving, training, workflow
from slipway.smoke.options import SmokeOptions

RUN = "20260102-030405"
OPTIONS = SmokeOptions(project="lab", images={"serving": "mirror/serving:1"})
BEST = {"lr": 0.1, "momentum": 0.55}


def everything(options: SmokeOptions = OPTIONS) -> dict[str, Obj]:
    """All objects, by kind."""
    built = [
        jobs.data(options, RUN),
        experiment.build(options, RUN, "digits", 5),
        training.pytorch(options, RUN, "digits", 16, BEST),
        training.tensorflow(options, RUN, "digits", 16),
        jobs.scripts(options, RUN),
        workflow.build(options, RUN, "smoke/x/model", "r/base:1", "r/m:1"),
        serving.build(options, RUN, "r/m:1"),
    ]
    return {obj["kind"]: obj for obj in built} | {
        "Pick": jobs.pick(options, RUN, "digits", {"pytorch": "a/model.onnx"})
    }


def pod_templates(value: Any) -> Iterator[Obj]:
    """Every Pod template within an object."""
    if isinstance(value, dict):
        if "containers" in value.get("spec", {}) if isinstance(value.get("spec"), dict) else False:
            yield value
        for item in value.values():
            yield from pod_templates(item)
    elif isinstance(value, list):
        for item in value:
            yield from pod_templates(item)


@pytest.mark.parametrize("kind", sorted(everything()))
def test_names_and_labels(kind: str) -> None:
    meta = everything()[kind]["metadata"]
    assert re.fullmatch(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", meta["name"])
    assert meta["namespace"] == "lab"
    assert meta["labels"][names.RUN] == RUN
    assert meta["labels"][names.MANAGED_BY] == names.MANAGER


def test_each_object_is_removed_at_the_end() -> None:
    created = {(obj["apiVersion"], obj["kind"], obj["metadata"]["name"]) for obj in everything().values()}
    assert created == set(names.KINDS)


@pytest.mark.parametrize("kind", ["Job", "Pick", "Experiment", "PyTorchJob", "TFJob"])
def test_pods_have_no_privileges(kind: str) -> None:
    templates = list(pod_templates(everything()[kind]))
    assert templates
    for template in templates:
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["automountServiceAccountToken"] is False
        for container in spec["containers"]:
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["resources"]["limits"].keys() == {"cpu", "memory"}
            assert container["command"]
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            assert mounted == {volume["name"] for volume in spec["volumes"]}


def test_trial_parameters_are_declared_and_used() -> None:
    # Katib's webhook refuses a placeholder that is not declared, and one that is not used.
    spec = everything()["Experiment"]["spec"]["trialTemplate"]
    declared = {parameter["name"] for parameter in spec["trialParameters"]}
    used = set(re.findall(r"\$\{trialParameters\.(\w+)\}", json.dumps(spec["trialSpec"])))
    assert declared == used
    references = {parameter["reference"] for parameter in spec["trialParameters"]}
    parameters = {parameter["name"] for parameter in everything()["Experiment"]["spec"]["parameters"]}
    assert references - parameters == {"${trialSpec.Name}"}
    assert "metadata" not in spec["trialSpec"]
    containers = spec["trialSpec"]["spec"]["template"]["spec"]["containers"]
    assert [container["name"] for container in containers] == [spec["primaryContainerName"]]


def test_learning_rates_are_evenly_spaced() -> None:
    rates = [float(rate) for rate in experiment.LEARNING_RATES]
    assert rates == pytest.approx([0.001 + i * (0.1 - 0.001) / 4 for i in range(5)])


@pytest.mark.parametrize(("trials", "parallel", "expected"), [(6, 3, 3), (2, 3, 2), (10, 5, 5)])
def test_never_more_at_a_time_than_in_all(trials: int, parallel: int, expected: int) -> None:
    spec = everything(SmokeOptions(trials=trials, parallel=parallel))["Experiment"]["spec"]
    assert (spec["maxTrialCount"], spec["parallelTrialCount"]) == (trials, expected)
    assert 0 < spec["maxFailedTrialCount"] <= trials


def test_a_grid_has_steps_on_every_axis() -> None:
    spec = everything(SmokeOptions(algorithm="grid"))["Experiment"]["spec"]
    for parameter in spec["parameters"]:
        space = parameter["feasibleSpace"]
        assert "list" in space or "step" in space


def test_the_operators_container_names() -> None:
    torch = everything()["PyTorchJob"]["spec"]["pytorchReplicaSpecs"]
    tensorflow = everything()["TFJob"]["spec"]["tfReplicaSpecs"]
    assert torch.keys() == {"Master", "Worker"}
    assert tensorflow.keys() == {"Chief", "Worker", "PS"}
    for name, specs in (("pytorch", torch), ("tensorflow", tensorflow)):
        for replica in specs.values():
            assert [c["name"] for c in replica["template"]["spec"]["containers"]] == [name]


def test_the_best_parameters_are_trained_in_full() -> None:
    master = everything()["PyTorchJob"]["spec"]["pytorchReplicaSpecs"]["Master"]
    command = master["template"]["spec"]["containers"][0]["command"]
    assert {"--lr=0.1", "--momentum=0.55", "--epochs=16"} <= set(command)
    assert f"--output=/outputs/smoke/{RUN}/pytorch" in command


def test_one_branch_of_the_workflow_runs() -> None:
    spec = everything()["Workflow"]["spec"]
    steps = spec["templates"][0]["steps"][0]
    assert [step["when"] for step in steps] == [
        "{{workflow.parameters.method}} == append",
        "{{workflow.parameters.method}} == build",
    ]
    templates = {template["name"]: template for template in spec["templates"]}
    assert {step["template"] for step in steps} < templates.keys()
    volumes = {volume["name"] for volume in spec["volumes"]}
    for name in ("append", "build"):
        container = templates[name]["container"]
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert container["securityContext"].get("privileged") is not True
        assert "SYS_ADMIN" not in json.dumps(container["securityContext"])
    assert templates["append"]["container"]["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "hostPath" not in json.dumps(spec)


def test_images_can_be_replaced() -> None:
    pick = everything()["Pick"]["spec"]["template"]["spec"]["containers"][0]
    data = everything()["Job"]["spec"]["template"]["spec"]["containers"][0]
    assert pick["image"] == "mirror/serving:1"
    assert data["image"] == "slipway.local/trainer-torch:0.1.0"


def test_the_graph_names_the_container() -> None:
    predictor = everything()["SeldonDeployment"]["spec"]["predictors"][0]
    spec = predictor["componentSpecs"][0]["spec"]
    assert [container["name"] for container in spec["containers"]] == [predictor["graph"]["name"]] == ["classifier"]
    assert spec["imagePullSecrets"] == [{"name": "regcred"}]


def test_the_model_is_in_seldons_layout() -> None:
    data = everything()["ConfigMap"]["data"]
    environment = dict(line.split("=", 1) for line in data["environment"].split())
    assert environment.keys() == {"MODEL_NAME", "API_TYPE", "SERVICE_TYPE", "PERSISTENCE"}
    assert f"class {environment['MODEL_NAME']}:" in data[f"{environment['MODEL_NAME']}.py"]


def test_packages_are_installed_without_a_right() -> None:
    """What Pod Security calls restricted, in every container that a model's image is made by."""
    spec = everything()["Workflow"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    made = [template for template in spec["templates"] if "container" in template]
    for container in [
        item for template in made for item in (template["container"], *template.get("initContainers", []))
    ]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert not [volume for volume in spec["volumes"] if "hostPath" in volume]
