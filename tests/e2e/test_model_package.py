"""docs/models.md as it stands: packaged by the WorkflowTemplate with a setup.py, served without a pull secret."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from e2e_models import model_directory
from slipway.kube import Client, Obj, Ref, ref_of
from slipway.progress import Reporter
from slipway.smoke import gateway, judges
from slipway.smoke.context import Context
from slipway.smoke.objects import workflow
from slipway.smoke.options import OWN_REGISTRY
from slipway.smoke.seed import Seeding

Create = Callable[[Obj], Obj]
Slipway = Callable[..., subprocess.CompletedProcess[str]]
FILES = {
    "setup.py": "from setuptools import setup\nsetup(name='made', version='1', py_modules=['made'])\n",
    "made.py": "FACTOR = 7\n",
    "Mine.py": (
        "from made import FACTOR\n\n\nclass Mine:\n    def predict_raw(self, message):\n"
        "        return {'strData': f'{FACTOR} of ' + message['strData']}\n"
    ),
}


@pytest.fixture
def model(context: Context, create: Create, temp_name: str) -> Iterator[str]:
    """The model's directory on the claim `outputs`; removed afterwards."""
    meta = {"name": temp_name, "namespace": context.options.project}
    create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": FILES})
    directory = f"smoke/{temp_name}"
    with model_directory(context, create, directory, f"cp -L /files/* /outputs/{directory}/"):
        yield directory


@pytest.fixture
def serving_base(context: Context) -> None:
    """The serving image is in the registry, as the smoke test leaves it."""
    with Seeding(context) as seeding:
        seeding.base()


@pytest.mark.timeout(600)
def test_a_directory_becomes_a_model_that_answers(
    context: Context, model: str, create: Create, kube: Client, project: str, temp_name: str, serving_base: None
) -> None:
    image = f"{OWN_REGISTRY}/models/{temp_name}:1"
    given = {"model": model, "image": image, "method": "build", "model-name": "Mine", "service-type": "MODEL"}
    submitted = create(
        {
            "apiVersion": workflow.API,
            "kind": "Workflow",
            "metadata": {"name": temp_name, "namespace": project},
            "spec": {
                "workflowTemplateRef": {"name": workflow.TEMPLATE},
                "arguments": {"parameters": [{"name": name, "value": value} for name, value in given.items()]},
            },
        }
    )
    context.wait(ref_of(submitted), judges.workflow, "", f"workflows.argoproj.io/workflow={temp_name}")
    limits = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}
    served = create(
        {
            "apiVersion": "machinelearning.seldon.io/v1",
            "kind": "SeldonDeployment",
            "metadata": {"name": temp_name, "namespace": project},
            "spec": {
                "predictors": [
                    {
                        "name": "default",
                        "graph": {"name": "model", "type": "MODEL"},
                        "componentSpecs": [
                            {"spec": {"containers": [{"name": "model", "image": image, "resources": limits}]}}
                        ],
                    }
                ]
            },
        }
    )
    context.wait(ref_of(served), judges.seldon, "", f"seldon-deployment-id={temp_name}")
    door = gateway.node_port(kube, "ambassador", "ambassador")
    url = f"http://{door}/seldon/{project}/{temp_name}/api/v1.0/predictions"
    answer: Any = gateway.post_when_ready(url, {"strData": "one"}, 60, Reporter())
    assert answer["strData"] == "7 of one"


@pytest.mark.timeout(600)
def test_the_command_packages_and_deploys_a_router(
    context: Context, slipway: Slipway, kube: Client, project: str, temp_name: str, tmp_path: Path, serving_base: None
) -> None:
    (tmp_path / "Mine.py").write_text(
        "class Mine:\n    def route(self, X, names=None): return 1\n    predict = lambda self, X, names=None: X\n"
    )
    refused = slipway("model", "package", str(tmp_path), "--name", temp_name, "--service-type", "COMBINER",
                      "--model-name", "Mine")  # fmt: skip
    assert refused.returncode == 1
    assert "asks class Mine for a method aggregate" in refused.stderr
    words = ["--service-type", "ROUTER", "--model-name", "Mine", "--tag", "1", "--output", "json"]
    made = slipway("model", "package", str(tmp_path), "--name", temp_name, *words)
    assert made.returncode == 0, made.stderr
    assert "writes to: " in made.stderr
    assert json.loads(made.stdout)["image"] == f"{OWN_REGISTRY}/models/{temp_name}:1"
    # Who took what was sent goes, and is not waited for.
    left = kube.objects("v1", "Pod", project, labels="slipway.dev/model=upload")
    assert all("deletionTimestamp" in pod["metadata"] for pod in left)
    try:
        served = slipway("model", "deploy", f"{temp_name}:1", "--service-type", "MODEL", "--output", "json")
        assert served.returncode == 0, served.stderr
        url = json.loads(served.stdout)["url"]
        answer: Any = gateway.post_when_ready(url, {"data": {"ndarray": [[1, 2]]}}, 60, Reporter())
        assert answer["data"]["ndarray"] == [[1, 2]]
    finally:
        kube.delete(Ref("machinelearning.seldon.io/v1", "SeldonDeployment", project, temp_name))
