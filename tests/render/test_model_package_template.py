"""The WorkflowTemplate of a project is what the smoke test runs, with its values as parameters."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from slipway import paths
from slipway.render.kustomize import build
from slipway.smoke.objects import workflow
from slipway.smoke.options import SmokeOptions

MANIFESTS = paths.distribution() / "manifests" / "argo"


@pytest.mark.parametrize("version", ["3.6.12", "3.7.18"])
def test_the_template_has_the_steps_of_the_smoke_test(version: str) -> None:
    (found,) = (obj for obj in build(MANIFESTS / version, version) if obj["kind"] == "WorkflowTemplate")
    # The labels are the component's.
    del found["metadata"]["labels"]
    assert found == workflow.template(SmokeOptions())


def test_smoke_and_template_differ_in_values_alone() -> None:
    given = {name: f"{{{{workflow.parameters.{name}}}}}" for name, _, _ in workflow.PARAMETERS}
    options = SmokeOptions(pull_secret=given["pull-secret"])
    smoke: Any = workflow.build(options, "run", given["model"], given["base"], given["image"])["spec"]
    users: Any = workflow.template(SmokeOptions())["spec"]
    text, other = (yaml.safe_dump(spec["templates"]) for spec in (smoke, users))
    for item in users["templates"]:
        if "container" in item:
            env = {entry["name"]: entry["value"] for entry in item["container"]["env"]}
            assert env["MODEL_NAME"] == given["model-name"] and env["SERVICE_TYPE"] == given["service-type"]
            item["container"]["env"] = item["container"]["env"][:1]
            item["container"]["command"][-1] = "--insecure=true"
    assert smoke["templates"] == users["templates"], (text, other)
